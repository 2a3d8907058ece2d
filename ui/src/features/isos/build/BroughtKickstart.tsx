import { PathField } from "@/components/PathField";
import { TextBox } from "@/components/TextBox";
import { pickKickstart } from "@/ipc/dialog";
import type { IsoDraft, IsoSecrets } from "./draft";

type Props = {
  from: "text" | "file";
  /** When the file is read. */
  hint: string;
  draft: IsoDraft;
  secrets: IsoSecrets;
  onChange: (part: Partial<IsoDraft>) => void;
  onSecrets: (part: Partial<IsoSecrets>) => void;
};

/** A kickstart that somebody has already: its text, or where it lies. */
export function BroughtKickstart({ from, hint, draft, secrets, onChange, onSecrets }: Props) {
  return from === "text" ? (
    <TextBox
      id="kickstart-text"
      label="Text of the kickstart"
      rows={16}
      value={secrets.text}
      onChange={(text) => onSecrets({ text })}
    />
  ) : (
    <PathField
      id="kickstart-path"
      label="Path of the kickstart"
      required
      path={draft.kickstartPath}
      placeholder="/home/ada/dpu.ks"
      pick={pickKickstart}
      onPath={(kickstartPath) => onChange({ kickstartPath })}
      hint={hint}
    />
  );
}
