import { FormSection, Grid, GridItem } from "@patternfly/react-core";
import {
  atOnceProblem,
  type RulesDraft,
  stopAfterProblem,
  wavesProblem,
  wavesSentence,
} from "@/lib/batches";
import { counted } from "@/lib/format";
import { TextField } from "./TextField";

type Props = {
  draft: RulesDraft;
  /** How many cards they are for. */
  cards: number;
  onChange: (part: Partial<RulesDraft>) => void;
};

/** How a batch goes about its cards. */
export function BatchRules({ draft, cards, onChange }: Props) {
  return (
    <FormSection title={`${counted(cards, "card")} in one batch`} titleElement="h2">
      <Grid hasGutter md={4}>
        <GridItem>
          <TextField
            id="at-once"
            label="At once"
            value={draft.atOnce}
            type="number"
            problem={atOnceProblem(draft.atOnce)}
            onChange={(atOnce) => onChange({ atOnce })}
            hint="Cards that are done at the same time, at most. One ISO is served to all of them."
          />
        </GridItem>
        <GridItem>
          <TextField
            id="waves"
            label="First waves"
            value={draft.waves}
            problem={wavesProblem(draft.waves)}
            placeholder="1, 4"
            onChange={(waves) => onChange({ waves })}
            hint={wavesSentence(draft.waves, cards)}
          />
        </GridItem>
        <GridItem>
          <TextField
            id="stop-after"
            label="Stop after"
            value={draft.stopAfter}
            type="number"
            problem={stopAfterProblem(draft.stopAfter)}
            onChange={(stopAfter) => onChange({ stopAfter })}
            hint="Failures after which no further card is started, until somebody lets it go on. A wave in which no card succeeds stops it too."
          />
        </GridItem>
      </Grid>
    </FormSection>
  );
}
