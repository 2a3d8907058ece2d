import { Alert, Content, Label, Stack, StackItem } from "@patternfly/react-core";
import { ByteProgress } from "@/components/ByteProgress";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { PlanCard } from "@/components/PlanCard";
import { ShowCommands } from "@/components/ShowCommands";
import type { ClusterOpen, ClusterProgress, ClusterView, OutlineStep } from "@/ipc/bindings";
import { counted, listed, sentence } from "@/lib/format";
import {
  against,
  type ClusterDraft,
  chosenCards,
  keyOf,
  networkCards,
  stepsOf,
  untriedSteps,
  whyNotDeploy,
} from "./draft";
import { FileDoctor } from "./FileDoctor";
import { LocalNetwork } from "./LocalNetwork";
import { UntriedSteps } from "./UntriedSteps";

function Steps({ steps }: { steps: OutlineStep[] }) {
  return (
    <ol className="slipway-steps" aria-label="Steps">
      {steps.map((step) => (
        <li key={step.name} data-standing={step.standing}>
          <strong>{step.name}</strong>{" "}
          {step.standing === "left_out" && <Label isCompact>Left out</Label>}
          {step.standing === "not_yet" && (
            <Label isCompact color="orange">
              {step.untried ? "Not confirmed" : "Refused"}
            </Label>
          )}
          {step.standing === "planned" && step.untried && (
            <Label isCompact color="orange">
              Confirmed, not yet run on real hardware
            </Label>
          )}{" "}
          <span className="slipway-subtle">{step.effect}</span>
        </li>
      ))}
    </ol>
  );
}

type Props = {
  view: ClusterView | undefined;
  readError: unknown;
  open: ClusterOpen | null;
  draft: ClusterDraft;
  /** Names of the untried steps that were confirmed. */
  confirmed: string[];
  onConfirm: (steps: string[]) => void;
  error: unknown;
  progress: ClusterProgress | null;
};

/** What would happen, card by card, with every effect and command, before anything does. */
export function ReviewStep(props: Props) {
  const { view, readError, draft, error, progress } = props;
  if (readError) return <ErrorAlert error={readError} title="It can't be planned" />;
  if (!view) return <Loading words="Working out the plan of each card" rows={5} />;
  const cards = chosenCards(draft, view.plan.cards);
  const whyNot = whyNotDeploy(view, cards);
  const left = view.plan.cards.filter((card) => !cards.includes(card));
  const networked = networkCards(view, cards);
  const imports = view.plan.isos.flatMap(({ iso }) =>
    iso.state === "to_import" ? [iso.path] : [],
  );
  const builds = view.plan.isos.flatMap(({ iso }) => (iso.state === "to_build" ? [iso.name] : []));
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="h2">
          Deploy {counted(cards.length, "card")} of {view.file.name}
        </Content>
        <Content component="p">
          {whyNot
            ? "It can't be deployed yet; nothing has been touched."
            : `The disk of ${listed(cards.map((card) => card.dpu_name ?? card.name))} is overwritten. Nothing has been touched yet.`}
        </Content>
      </StackItem>
      {whyNot && <Alert isInline variant="warning" title={sentence(whyNot)} />}
      {error !== null && <ErrorAlert error={error} title="Nothing was started" />}
      {progress && (
        <StackItem>
          <ByteProgress
            done={progress.read}
            total={progress.total}
            label="Reading the ISO"
            title={`Reading ${progress.path} into the library`}
          />
        </StackItem>
      )}
      {left.length > 0 && (
        <Alert
          isInline
          variant="info"
          title={`${counted(left.length, "card")} of the file left out: ${listed(left.map((card) => card.name))}`}
        />
      )}
      {imports.map((path) => (
        <Alert
          key={path}
          isInline
          variant="info"
          title={`${path} is read into the library first`}
        />
      ))}
      {builds.map((name) => (
        <Alert
          key={name}
          isInline
          variant="info"
          title={`${name} is built first; the deployment then begins by itself`}
        />
      ))}
      <UntriedSteps
        steps={untriedSteps(view, cards)}
        confirmed={props.confirmed}
        onConfirm={props.onConfirm}
      />
      {props.open && !view.blocked && networked.length > 0 && (
        <StackItem>
          <LocalNetwork
            open={props.open}
            seen={view.seen}
            cards={networked}
            confirmed={props.confirmed}
            onConfirm={props.onConfirm}
          />
        </StackItem>
      )}
      {props.open && !view.blocked && (
        <StackItem>
          <FileDoctor open={props.open} cards={cards} />
        </StackItem>
      )}
      {cards.map((card, at) => {
        const steps = stepsOf(view.plan.clusters, card);
        const done = steps.filter((step) => step.standing === "planned");
        const id = `plan-${keyOf(card).replace(/\W+/g, "-")}`;
        return (
          <StackItem key={keyOf(card)}>
            <PlanCard
              id={id}
              name={card.name}
              hostname={card.plan?.hostname ?? null}
              change={card.plan ?? undefined}
              problems={against(view, card)}
              warnings={card.plan?.warnings ?? []}
              standing={
                against(view, card).length > 0 ? (
                  <Label color="orange" isCompact>
                    Not yet
                  </Label>
                ) : undefined
              }
              open={at === 0}
            >
              <Steps steps={steps} />
              <ShowCommands steps={done} what={`the commands for ${card.name}`} />
            </PlanCard>
          </StackItem>
        );
      })}
    </Stack>
  );
}
