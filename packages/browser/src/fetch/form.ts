/** Owns how a form is written as a body whose length is known before it is sent. */

/**
 * `form` as the platform would write it. What files hold is read when the blob is.
 *
 * Source: RFC 7578; HTML standard, "multipart/form-data encoding algorithm".
 */
export function encodeForm(form: FormData): { readonly blob: Blob; readonly type: string } {
  const boundary = `----asupersync-${crypto.randomUUID()}`;
  const parts: BlobPart[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(newlines(name))}"`;
    if (typeof value === "string") {
      parts.push(`${head}\r\n\r\n${newlines(value)}\r\n`);
    } else {
      const type = value.type || "application/octet-stream";
      const file = `${head}; filename="${quoted(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`;
      parts.push(file, value, "\r\n");
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return { blob: new Blob(parts), type: `multipart/form-data; boundary=${boundary}` };
}

function newlines(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

function quoted(name: string): string {
  return name.replace(/["\r\n]/g, encodeURIComponent);
}
