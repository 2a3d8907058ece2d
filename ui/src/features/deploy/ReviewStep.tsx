import {
  Alert,
  Card,
  CardBody,
  CardExpandableContent,
  CardHeader,
  CardTitle,
  Content,
  Flex,
  FlexItem,
  Label,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ImageChange } from "@/components/ImageChange";
import { Loading } from "@/components/Loading";
import { PlanSteps } from "@/components/PlanSteps";
import { ShowCommands } from "@/components/ShowCommands";
import type { CardPlan, PlanView } from "@/ipc/bindings";
import { counted, listed, sentence } from "@/lib/format";
import { doable } from "./draft";

type CardProps = { card: CardPlan; first: boolean };

function Standing({ card }: { card: CardPlan }) {
  return card.problems.length > 0 ? (
    <Label color="orange" icon={<BanIcon />} isCompact>
      Left out
    </Label>
  ) : (
    <Label color="green" icon={<CheckCircleIcon />} isCompact>
      Ready
    </Label>
  );
}

function CardReview({ card, first }: CardProps) {
  const [open, setOpen] = useState(first);
  const id = `plan-${card.dpu}`;
  return (
    <Card isExpanded={open} isCompact id={id} data-testid={`plan-${card.name}`}>
      <CardHeader
        onExpand={() => setOpen(!open)}
        toggleButtonProps={{
          id: `${id}-toggle`,
          "aria-label": `Plan of ${card.name}`,
          "aria-labelledby": `${id}-title`,
          "aria-expanded": open,
        }}
        actions={{ hasNoOffset: true, actions: <Standing card={card} /> }}
      >
        <CardTitle id={`${id}-title`} component="h3">
          <Flex columnGap={{ default: "columnGapLg" }} alignItems={{ default: "alignItemsCenter" }}>
            <FlexItem>{card.name}</FlexItem>
            {card.hostname && (
              <FlexItem className="slipway-subtle">becomes {card.hostname}</FlexItem>
            )}
            <FlexItem className="slipway-body">
              <ImageChange from={card.from} to={card.to} />
            </FlexItem>
          </Flex>
        </CardTitle>
      </CardHeader>
      {card.problems.length + card.warnings.length > 0 && (
        <CardBody>
          {card.problems.map((problem) => (
            <Alert key={problem} isInline isPlain variant="warning" title={sentence(problem)} />
          ))}
          {card.warnings.map((warning) => (
            <Alert key={warning} isInline isPlain variant="info" title={sentence(warning)} />
          ))}
        </CardBody>
      )}
      <CardExpandableContent>
        <CardBody>
          <PlanSteps steps={card.steps} />
          <ShowCommands steps={card.steps} what={`the commands for ${card.name}`} />
        </CardBody>
      </CardExpandableContent>
    </Card>
  );
}

/** What would happen, card by card, before anything does. */
export function ReviewStep({ plan, error }: { plan: UseQueryResult<PlanView>; error: unknown }) {
  if (plan.error) {
    return <ErrorAlert error={plan.error} title="It can't be planned" onRetry={plan.refetch} />;
  }
  if (!plan.data) return <Loading words="Working out the plan of each card" rows={5} />;
  const ready = doable(plan.data);
  const out = plan.data.cards.filter((card) => card.problems.length > 0);
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="h2">{plan.data.title}</Content>
        <Content component="p">
          {ready.length === 0
            ? "None of these cards can be deployed."
            : `The disk of ${listed(ready.map((card) => card.name))} is overwritten. Nothing has been touched yet.`}
        </Content>
      </StackItem>
      {out.length > 0 && (
        <Alert
          isInline
          variant="warning"
          title={`${counted(out.length, "card")} will be left out: ${listed(out.map((card) => card.name))}`}
        />
      )}
      {plan.data.warnings.map((warning) => (
        <Alert key={warning} isInline variant="info" title={sentence(warning)} />
      ))}
      {error !== null && <ErrorAlert error={error} title="Nothing was started" />}
      {plan.data.cards.map((card, at) => (
        <StackItem key={card.dpu}>
          <CardReview card={card} first={at === 0} />
        </StackItem>
      ))}
    </Stack>
  );
}
