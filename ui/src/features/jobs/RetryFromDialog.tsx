import { Content, Radio } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import type { JobView } from "@/ipc/bindings";
import { useRetryJobFrom } from "@/ipc/queries/jobs";
import { sentence } from "@/lib/format";

type Props = { view: JobView; onClose: () => void };

/** From which step a failed job goes on; where that is not safe, the reason. */
export function RetryFromDialog({ view, onClose }: Props) {
  const steps = view.retry_steps;
  // The one nearest to where it failed repeats least.
  const nearest = steps.findLast((step) => step.why_not === null)?.name ?? "";
  const [from, setFrom] = useState(nearest);
  const retry = useRetryJobFrom(view.row.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title={`Retry the ${view.row.kind.toLowerCase()} of ${view.row.subject} from a step?`}
      confirm="Go on from there"
      variant="medium"
      scrolls
      busy={retry.isPending}
      whyNot={from === "" ? "It can't go on from any step" : null}
      error={retry.error}
      onClose={onClose}
      onConfirm={() => retry.mutate(from, { onSuccess: (next) => navigate(`/jobs/${next}`) })}
    >
      <Content component="p">
        It goes on as a new job. The card is looked at first, and what is done already is not done
        again.
      </Content>
      <fieldset className="slipway-choices" aria-label="Steps to go on from">
        {steps.map(({ name, why_not }) => (
          <Radio
            key={name}
            id={`from-${name.replace(/\W+/g, "-")}`}
            name="retry-from"
            label={name}
            description={why_not === null ? undefined : sentence(why_not)}
            isDisabled={why_not !== null}
            isChecked={from === name}
            onChange={() => setFrom(name)}
          />
        ))}
      </fieldset>
    </ConfirmDialog>
  );
}
