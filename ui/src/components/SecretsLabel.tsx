import { Label } from "@patternfly/react-core";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";

/** On what holds a secret that its readers can read. */
export function SecretsLabel() {
  return (
    <Label
      color="orange"
      icon={<KeyIcon />}
      isCompact
      title="Whoever can fetch the ISO can read them"
    >
      Contains secrets
    </Label>
  );
}
