export async function smoke() {
  return true;
}
