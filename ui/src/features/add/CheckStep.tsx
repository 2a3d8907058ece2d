import {
  Alert,
  Button,
  Label,
  LabelGroup,
  Progress,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { useCancelDiscovery } from "@/ipc/queries/discovery";
import type { DiscoveryRow, DiscoveryView } from "@/ipc/whole";
import { counted, percent, sentence } from "@/lib/format";
import { DiscoveryTable } from "./DiscoveryTable";
import type { AddDraft } from "./draft";
import { OtherLogin } from "./OtherLogin";
import { counts, GROUPS, type Group, groupOf, isOnlyNew } from "./rows";
import { TrustDialog } from "./TrustDialog";

function Standing({ view, onAgain }: { view: DiscoveryView; onAgain: () => void }) {
  const cancel = useCancelDiscovery(view.id);
  const running = view.stage === "running";
  return (
    <>
      <div className="slipway-toolbar-row">
        <span role="status" data-testid="discovery-sentence">
          {sentence(view.sentence)}
        </span>
        <span className="slipway-push">
          {running ? (
            <Button
              variant="secondary"
              size="sm"
              isDanger
              isLoading={cancel.isPending}
              onClick={() => cancel.mutate(view.id)}
            >
              Stop asking
            </Button>
          ) : (
            <Button variant="secondary" size="sm" onClick={onAgain}>
              Ask again
            </Button>
          )}
        </span>
      </div>
      {running && (
        <Progress
          size="sm"
          value={percent(view.done, view.total)}
          aria-label="Addresses asked"
          label={`${view.done} of ${view.total}`}
          measureLocation="outside"
        />
      )}
      {view.stage === "cancelled" && (
        <Alert isInline isPlain variant="info" title="Stopped: what had answered by then is kept" />
      )}
      {cancel.error && <ErrorAlert error={cancel.error} title="It goes on" />}
    </>
  );
}

type GroupsProps = {
  rows: DiscoveryRow[];
  chosen: Group | null;
  onChoose: (group: Group | null) => void;
};

function Groups({ rows, chosen, onChoose }: GroupsProps) {
  return (
    <LabelGroup aria-label="Filter the answers" numLabels={6}>
      {counts(rows).map(({ group, count }) => (
        <Label
          key={group}
          isCompact
          variant={chosen === group ? "filled" : "outline"}
          isClickable
          render={({ className, content, componentRef }) => (
            <button
              type="button"
              ref={componentRef}
              className={className}
              aria-pressed={chosen === group}
              onClick={() => onChoose(chosen === group ? null : group)}
            >
              {content}
            </button>
          )}
        >
          {GROUPS[group]} {count}
        </Label>
      ))}
    </LabelGroup>
  );
}

type Props = {
  view: DiscoveryView | undefined;
  error: unknown;
  draft: AddDraft;
  onChange: (part: Partial<AddDraft>) => void;
  onAgain: () => void;
  addError: unknown;
};

/** What each address is, whether it can be trusted, and what keeps it from being added. */
export function CheckStep({ view, error, draft, onChange, onAgain, addError }: Props) {
  const [group, setGroup] = useState<Group | null>(null);
  const [trusting, setTrusting] = useState<DiscoveryRow[] | null>(null);
  if (error) {
    return (
      <>
        <ErrorAlert error={error} title="The addresses could not be asked" />
        <Button variant="secondary" className="slipway-above" onClick={onAgain}>
          Ask again
        </Button>
      </>
    );
  }
  if (!view) return <Loading words="Asking the addresses" rows={5} />;
  const newOnes = view.rows.filter(isOnlyNew);
  const refused = view.rows.filter((row) => groupOf(row) === "login");
  const shown = group ? view.rows.filter((row) => groupOf(row) === group) : view.rows;
  return (
    <Stack hasGutter>
      <StackItem>
        <Standing view={view} onAgain={onAgain} />
      </StackItem>
      {addError !== null && addError !== undefined && (
        <ErrorAlert error={addError} title="Nothing was added" />
      )}
      {newOnes.length > 0 && view.stage !== "running" && (
        <StackItem>
          <Alert
            isInline
            variant="info"
            title={`${counted(newOnes.length, "machine")} show${newOnes.length === 1 ? "s" : ""} a certificate or host key that nobody has accepted yet`}
            actionLinks={
              <Button
                variant="link"
                isInline
                onClick={() => setTrusting(newOnes)}
                data-testid="trust-all"
              >
                Trust all {newOnes.length} shown…
              </Button>
            }
          >
            Nothing secret was sent to them. Compare the fingerprints below, one by one or in a
            sample, with what the machines' consoles show.
          </Alert>
        </StackItem>
      )}
      {refused.length > 0 && view.stage !== "running" && (
        <StackItem>
          <OtherLogin id={view.id} rows={refused} />
        </StackItem>
      )}
      <StackItem>
        <Groups rows={view.rows} chosen={group} onChoose={setGroup} />
        <DiscoveryTable
          rows={shown}
          draft={draft}
          onChange={onChange}
          onTrust={(row) => setTrusting([row])}
        />
      </StackItem>
      {trusting && <TrustDialog id={view.id} rows={trusting} onClose={() => setTrusting(null)} />}
    </Stack>
  );
}
