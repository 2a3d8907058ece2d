import {
  Alert,
  Button,
  EmptyState,
  EmptyStateBody,
  Grid,
  GridItem,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import type { ClusterOpen, ClusterView } from "@/ipc/bindings";
import { counted } from "@/lib/format";
import type { ClusterDraft, ClusterSecrets } from "./draft";
import { FileText } from "./FileText";
import { Migrations } from "./Migrations";
import { MissingValues } from "./MissingValues";
import { ProblemList } from "./ProblemList";
import { SaveButton, SaveResult, useSave } from "./Save";

/** "2 errors, 1 warning, 4 clusters". */
function Summary({ view }: { view: ClusterView }) {
  const of = (severity: string) =>
    view.problems.filter(({ problem }) => problem.severity === severity).length;
  const { clusters, cards } = view.plan;
  return (
    <span role="status" data-testid="cluster-sentence">
      <strong>{view.file.name}</strong>: {counted(of("error"), "error")},{" "}
      {counted(of("warning"), "warning")}; {counted(clusters.length, "cluster")} with{" "}
      {counted(cards.length, "card")}
    </span>
  );
}

/** Kinds of clusters that Slipway leaves alone: never in silence. */
export function OutOfScope({ view }: { view: ClusterView }) {
  const others = view.plan.clusters.filter((cluster) => !cluster.in_scope);
  if (others.length === 0) return null;
  return (
    <Alert
      isInline
      variant="info"
      title={`${counted(others.length, "cluster")} out of scope: nothing is done for ${others.length === 1 ? "it" : "them"}`}
    >
      <ul className="slipway-evidence">
        {others.map(({ name, kind, nodes }) => (
          <li key={name}>
            {name}: kind <code>{kind}</code>, {counted(nodes, "node")}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

type Props = {
  query: UseQueryResult<ClusterView>;
  open: ClusterOpen | null;
  draft: ClusterDraft;
  secrets: ClusterSecrets;
  onChange: (part: Partial<ClusterDraft>) => void;
  onSecrets: (part: ClusterSecrets) => void;
};

/** What the file says: every problem at once beside its text, what was migrated, what is missing. */
export function SaysStep({ query, open, draft, secrets, onChange, onSecrets }: Props) {
  const [line, setLine] = useState<number | null>(null);
  const saving = useSave(open);
  const { data: view, error } = query;
  if (error) {
    return <ErrorAlert error={error} title="The file could not be read" onRetry={query.refetch} />;
  }
  if (!view) return <Loading words="Reading the file" rows={6} />;
  const skip = (step: string, on: boolean) =>
    onChange({
      skipSteps: on
        ? [...new Set([...draft.skipSteps, step])]
        : draft.skipSteps.filter((one) => one !== step),
    });
  const texts = view.variables ? [view.file, view.variables] : [view.file];
  return (
    <Stack hasGutter>
      <StackItem>
        <div className="slipway-toolbar-row">
          <Summary view={view} />
          <span className="slipway-push slipway-numbers-row">
            <Button
              variant="secondary"
              size="sm"
              icon={<RedoIcon />}
              isLoading={query.isFetching}
              onClick={() => query.refetch()}
            >
              Read it again
            </Button>
            <SaveButton
              saving={saving}
              whyNot={view.blocked ? "Mend the errors first: they would be written too" : null}
            />
          </span>
        </div>
        <SaveResult saving={saving} />
      </StackItem>
      <MissingValues missing={view.missing} {...{ draft, secrets, onChange, onSecrets }} />
      <OutOfScope view={view} />
      <StackItem>
        <Migrations migrations={view.migrations} />
      </StackItem>
      <StackItem>
        <Grid hasGutter>
          <GridItem xl={6}>
            {view.problems.length > 0 ? (
              <ProblemList
                problems={view.problems}
                texts={texts}
                skipped={draft.skipSteps}
                onLook={setLine}
                onSkip={skip}
              />
            ) : (
              <EmptyState
                variant="sm"
                headingLevel="h2"
                titleText="Nothing is wrong with it"
                icon={CheckCircleIcon}
                status="success"
              >
                <EmptyStateBody>
                  The file was read as a whole, with no network traffic.
                </EmptyStateBody>
              </EmptyState>
            )}
          </GridItem>
          <GridItem xl={6}>
            <Stack hasGutter>
              {texts.map((text) => (
                <StackItem key={text.name}>
                  <FileText
                    file={text}
                    problems={view.problems}
                    line={text === view.file ? line : null}
                  />
                </StackItem>
              ))}
            </Stack>
          </GridItem>
        </Grid>
      </StackItem>
    </Stack>
  );
}
