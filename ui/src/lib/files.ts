/** The text of a file that a person picked. */
export function readText(file: File): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result ?? ""));
    reader.onerror = () => failed(reader.error ?? new Error(`${file.name} could not be read`));
    reader.readAsText(file);
  });
}
