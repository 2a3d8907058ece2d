import { Content, Form } from "@patternfly/react-core";
import { BatchRules } from "@/components/BatchRules";
import { DeploySettings } from "@/components/DeploySettings";
import type { DeployDraft } from "./draft";

type Props = { draft: DeployDraft; onChange: (part: Partial<DeployDraft>) => void };

/** What the installed systems get besides the image. */
export function SettingsStep({ draft, onChange }: Props) {
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        Root has no password on the installed cards: they are reached with Slipway's key and the
        ones below.
      </Content>
      <DeploySettings draft={draft} onChange={onChange} />
      {draft.cards.length > 1 && (
        <BatchRules
          draft={draft.rules}
          cards={draft.cards.length}
          onChange={(part) => onChange({ rules: { ...draft.rules, ...part } })}
        />
      )}
    </Form>
  );
}
