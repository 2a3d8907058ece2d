import { SelectField } from "@/components/SelectField";
import type { LintTarget } from "@/ipc/bindings";

const TARGETS = [
  { value: "ipu", word: "An IPU: it boots by iSCSI" },
  { value: "other", word: "Another machine: it boots from its own disk" },
] as const;

type Props = {
  target: LintTarget;
  hint?: string;
  onChange: (target: LintTarget) => void;
};

/** What an image is for: the lint wants other things of it. */
export function TargetField({ target, hint, onChange }: Props) {
  return (
    <SelectField
      id="target"
      label="For"
      value={target}
      options={TARGETS}
      onChange={onChange}
      hint={hint}
    />
  );
}
