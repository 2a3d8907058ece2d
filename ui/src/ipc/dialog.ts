import { open, save } from "@tauri-apps/plugin-dialog";

/** Lets the person pick an ISO file of this machine; `null`: none. */
export async function pickIsoFile(): Promise<string | null> {
  return await open({
    title: "Choose an installer ISO",
    multiple: false,
    directory: false,
    filters: [{ name: "ISO images", extensions: ["iso"] }],
  });
}

const YAML = [{ name: "YAML files", extensions: ["yaml", "yml"] }];

const pickYaml = (title: string) =>
  open({ title, multiple: false, directory: false, filters: YAML });

export const pickClusterFile = (): Promise<string | null> => pickYaml("Choose a cluster file");

export const pickVariablesFile = (): Promise<string | null> => pickYaml("Choose a variables file");

export async function pickPullSecret(): Promise<string | null> {
  return await open({ title: "Choose a pull secret", multiple: false, directory: false });
}

export async function pickCertificate(): Promise<string | null> {
  return await open({
    title: "Choose a certificate",
    multiple: false,
    directory: false,
    filters: [{ name: "Certificates", extensions: ["pem", "crt", "cer"] }],
  });
}

/** Lets the person say where a new file goes; `null`: nowhere. */
export async function pickNewYaml(suggested: string): Promise<string | null> {
  return await save({ title: "Save the cluster file", defaultPath: suggested, filters: YAML });
}

/** Lets the person pick a folder of this machine; `null`: none. */
export async function pickFolder(title: string): Promise<string | null> {
  return await open({ title, multiple: false, directory: true });
}

/** Lets the person say where a new file of any kind goes; `null`: nowhere. */
export async function pickNewFile(title: string, suggested: string): Promise<string | null> {
  return await save({ title, defaultPath: suggested });
}

export async function pickKickstart(): Promise<string | null> {
  return await open({ title: "Choose a kickstart", multiple: false, directory: false });
}
