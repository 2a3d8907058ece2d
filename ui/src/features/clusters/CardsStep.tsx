import {
  Alert,
  Checkbox,
  Content,
  Form,
  FormFieldGroup,
  FormFieldGroupHeader,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { BatchRules } from "@/components/BatchRules";
import { DeploySettings } from "@/components/DeploySettings";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { Loading } from "@/components/Loading";
import { SelectField } from "@/components/SelectField";
import type { ClusterCard, ClusterView } from "@/ipc/bindings";
import { useIsos } from "@/ipc/queries/isos";
import { counted, listed, sentence } from "@/lib/format";
import { CardsTable } from "./CardsTable";
import { asList, type ClusterDraft, chosenCards, type FileStepOf, skippable } from "./draft";
import { OutOfScope } from "./SaysStep";
import { StepSettings } from "./StepSettings";

type Change = (part: Partial<ClusterDraft>) => void;

function IsoField({
  view,
  draft,
  onChange,
}: {
  view: ClusterView;
  draft: ClusterDraft;
  onChange: Change;
}) {
  const { data: isos = [], error } = useIsos();
  const options = [
    { value: "", word: "As the file says" },
    ...isos
      .filter((one) => one.why_not_deployable === null)
      .map(({ iso }) => ({ value: iso.id as string, word: iso.name })),
  ];
  return (
    <>
      <SelectField
        id="cluster-iso"
        label="ISO"
        value={draft.iso}
        options={options}
        onChange={(iso) => onChange({ iso })}
        hint="Slipway serves it itself, whatever address the file gives."
      />
      {error && <ErrorAlert error={error} title="The library could not be read" />}
      {view.plan.isos.map(({ cluster, iso }) => {
        if (iso.state === "in_library") {
          return (
            <Alert
              key={cluster}
              isInline
              isPlain
              variant="success"
              title={`${cluster}: ${iso.name} is in the library`}
            />
          );
        }
        if (iso.state === "to_import") {
          return (
            <Alert
              key={cluster}
              isInline
              isPlain
              variant="info"
              title={`${cluster}: ${iso.path} is read into the library first`}
            />
          );
        }
        if (iso.state === "to_build") {
          return (
            <Alert
              key={cluster}
              isInline
              isPlain
              variant="info"
              title={`${cluster}: ${iso.name} is built first, of what iso_builder in the file says`}
            />
          );
        }
        return (
          <Alert
            key={cluster}
            isInline
            variant="warning"
            title={`${cluster}: ${iso.why}`}
            actionLinks={
              <LinkButton variant="link" isInline to="/isos">
                Import or build it
              </LinkButton>
            }
          >
            Import it on the ISOs page, or choose another one above. What you chose here is kept.
          </Alert>
        );
      })}
    </>
  );
}

type RefusedProps = { refused: FileStepOf[]; draft: ClusterDraft; onChange: Change };

/** Steps of the file that are not done by themselves: each is left out, or confirmed in the review. */
function Refused({ refused, draft, onChange }: RefusedProps) {
  if (refused.length === 0) return null;
  const left = refused.filter(({ name }) => draft.skipSteps.includes(name));
  const untried = refused.some(({ name, step }) => step.untried && !draft.skipSteps.includes(name));
  const set = (step: string, on: boolean) =>
    onChange({
      skipSteps: on ? [...draft.skipSteps, step] : draft.skipSteps.filter((one) => one !== step),
    });
  return (
    <Alert
      isInline
      variant={left.length === refused.length ? "info" : "warning"}
      title={
        left.length === refused.length
          ? `${counted(left.length, "step")} of the file left out`
          : `${counted(refused.length, "step")} of the file ${refused.length === 1 ? "is" : "are"} not done by themselves: never run on real hardware`
      }
      data-testid="refused-steps"
    >
      {untried && <p>What is not left out here is confirmed, step by step, in the review.</p>}
      <fieldset className="slipway-choices" aria-label="Steps to leave out">
        {refused.map(({ name, step, cards }) => (
          <Checkbox
            key={name}
            id={`leave-${name}`}
            label={`Leave out ${name}`}
            description={`${sentence(step.effect)} Cards: ${listed(cards, 5)}.`}
            isChecked={draft.skipSteps.includes(name)}
            onChange={(_event, on) => set(name, on)}
          />
        ))}
      </fieldset>
    </Alert>
  );
}

function Unknown({ cards }: { cards: ClusterCard[] }) {
  const unknown = cards.filter(({ standing }) => standing.standing === "unknown");
  if (unknown.length === 0) return null;
  const addable = unknown.filter((card) => card.imc !== null);
  return (
    <Alert
      isInline
      variant="warning"
      title={`${counted(unknown.length, "card")} of the file ${unknown.length === 1 ? "is" : "are"} not in the inventory: ${listed(unknown.map((card) => card.name))}`}
      actionLinks={
        addable.length > 0 && (
          <LinkButton
            variant="link"
            isInline
            to={`/add?list=${encodeURIComponent(asList(addable))}`}
            testId="add-unknown"
          >
            {`Add ${counted(addable.length, "card")} to the inventory…`}
          </LinkButton>
        )
      }
    >
      Their addresses are filled in there; certificates and host keys are compared by you. Or untick
      them.
    </Alert>
  );
}

type Props = {
  view: ClusterView | undefined;
  error: unknown;
  draft: ClusterDraft;
  onChange: Change;
};

/** Which of the file's cards, from which ISO, without which steps, with what besides. */
export function CardsStep({ view, error, draft, onChange }: Props) {
  if (error) return <ErrorAlert error={error} title="The file could not be read" />;
  if (!view) return <Loading words="Reading the file" rows={6} />;
  const chosen = chosenCards(draft, view.plan.cards);
  return (
    <Stack hasGutter>
      <OutOfScope view={view} />
      <Unknown cards={chosen} />
      <Refused refused={skippable(view, chosen)} draft={draft} onChange={onChange} />
      <StackItem>
        {view.plan.cards.length > 0 ? (
          <CardsTable view={view} draft={draft} chosen={chosen} onChange={onChange} />
        ) : (
          <Content component="p">The file has no card that Slipway could deploy.</Content>
        )}
      </StackItem>
      <StackItem>
        <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
          <IsoField view={view} draft={draft} onChange={onChange} />
          <FormFieldGroup
            header={
              <FormFieldGroupHeader
                titleText={{ text: "What the cards get besides", id: "cluster-settings" }}
                titleDescription="Root has no password on them: they are reached with Slipway's key and the ones below."
              />
            }
          >
            <DeploySettings draft={draft} onChange={onChange} />
          </FormFieldGroup>
          <StepSettings view={view} chosen={chosen} draft={draft} onChange={onChange} />
          {chosen.length > 1 && (
            <BatchRules
              draft={draft.rules}
              cards={chosen.length}
              onChange={(part) => onChange({ rules: { ...draft.rules, ...part } })}
            />
          )}
        </Form>
      </StackItem>
    </Stack>
  );
}
