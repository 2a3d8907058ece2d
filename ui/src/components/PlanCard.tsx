import {
  Alert,
  Card,
  CardBody,
  CardExpandableContent,
  CardHeader,
  CardTitle,
  Flex,
  FlexItem,
  Label,
} from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import { type ReactNode, useState } from "react";
import type { ImageLabel } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { ImageChange } from "./ImageChange";

type Props = {
  id: string;
  name: string;
  /** What it becomes known as. */
  hostname?: string | null;
  change?: { from: ImageLabel | null; to: ImageLabel | null };
  problems: string[];
  warnings: string[];
  /** Where it is not "Ready". */
  standing?: ReactNode;
  open?: boolean;
  /** Its steps, once it is opened. */
  children: ReactNode;
};

function Standing({ problems }: { problems: string[] }) {
  return problems.length > 0 ? (
    <Label color="orange" icon={<BanIcon />} isCompact>
      Left out
    </Label>
  ) : (
    <Label color="green" icon={<CheckCircleIcon />} isCompact>
      Ready
    </Label>
  );
}

/** One card's plan: what it becomes, what stands against it, its steps. */
export function PlanCard(props: Props) {
  const { id, name, hostname, change, problems, warnings, standing, children } = props;
  const [open, setOpen] = useState(props.open ?? false);
  return (
    <Card isExpanded={open} isCompact id={id} data-testid={`plan-${name}`}>
      <CardHeader
        onExpand={() => setOpen(!open)}
        toggleButtonProps={{
          id: `${id}-toggle`,
          "aria-label": `Plan of ${name}`,
          "aria-labelledby": `${id}-title`,
          "aria-expanded": open,
        }}
        actions={{ hasNoOffset: true, actions: standing ?? <Standing problems={problems} /> }}
      >
        <CardTitle id={`${id}-title`} component="h3">
          <Flex columnGap={{ default: "columnGapLg" }} alignItems={{ default: "alignItemsCenter" }}>
            <FlexItem>{name}</FlexItem>
            {hostname && <FlexItem className="slipway-subtle">becomes {hostname}</FlexItem>}
            {change && (
              <FlexItem className="slipway-body">
                <ImageChange from={change.from} to={change.to} />
              </FlexItem>
            )}
          </Flex>
        </CardTitle>
      </CardHeader>
      {problems.length + warnings.length > 0 && (
        <CardBody>
          {problems.map((problem) => (
            <Alert key={problem} isInline isPlain variant="warning" title={sentence(problem)} />
          ))}
          {warnings.map((warning) => (
            <Alert key={warning} isInline isPlain variant="info" title={sentence(warning)} />
          ))}
        </CardBody>
      )}
      <CardExpandableContent>
        <CardBody>{children}</CardBody>
      </CardExpandableContent>
    </Card>
  );
}
