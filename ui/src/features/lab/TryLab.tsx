import { Button, Progress } from "@patternfly/react-core";
import FlaskIcon from "@patternfly/react-icons/dist/esm/icons/flask-icon";
import { ErrorAlert } from "@/components/ErrorAlert";
import { useLabStarting, useOverview, useStartLab } from "@/ipc/queries/app";
import { useIsos } from "@/ipc/queries/isos";
import { counted } from "@/lib/format";

/** How many cards the lab is tried with. */
export const LAB_CARDS = 24;

function words(cards: number, isos: number): string {
  if (cards === 0) return `Starting ${counted(LAB_CARDS, "simulated card")}…`;
  if (cards < LAB_CARDS) return `Adding the cards: ${cards} of ${LAB_CARDS}…`;
  if (isos === 0) return "Reading the demo ISO into the library…";
  return "Asking the cards what they run…";
}

/** What the start has come to, seen in what appears. */
export function LabProgress() {
  const cards = useOverview(true).data?.total ?? 0;
  const isos = useIsos().data?.length ?? 0;
  const text = words(cards, isos);
  return (
    <Progress
      aria-label="Starting the lab"
      value={Math.min(95, (cards / LAB_CARDS) * 80 + (isos > 0 ? 15 : 0))}
      valueText={text}
      measureLocation="none"
      helperText={<span role="status">{text}</span>}
    />
  );
}

/** "Try the lab": simulated cards, so that everything can be tried with no hardware. */
export function TryLab() {
  const start = useStartLab();
  const starting = useLabStarting();
  if (starting) return <LabProgress />;
  return (
    <>
      <Button
        variant="secondary"
        icon={<FlaskIcon />}
        onClick={() => start.mutate(LAB_CARDS)}
        data-testid="try-lab"
      >
        Try the lab
      </Button>
      {start.error && (
        <ErrorAlert error={start.error} title="The lab did not start" onClose={start.reset} />
      )}
    </>
  );
}
