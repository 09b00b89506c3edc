/** Owns the one global of the bundler that the sources read: it is replaced by a constant in every build. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };
