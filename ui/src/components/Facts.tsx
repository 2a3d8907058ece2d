import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  type DescriptionListProps,
  DescriptionListTerm,
} from "@patternfly/react-core";
import type { ReactNode } from "react";

export type Fact = [term: string, value: ReactNode];

type Props = {
  facts: Fact[];
  columns?: DescriptionListProps["columnModifier"];
  compact?: boolean;
  /** Terms beside their values, this wide. */
  termWidth?: string;
};

/** Terms and values; what isn't known says so. */
export function Facts({ facts, columns, compact = true, termWidth }: Props) {
  return (
    <DescriptionList
      isCompact={compact}
      columnModifier={columns}
      isHorizontal={termWidth !== undefined}
      horizontalTermWidthModifier={termWidth ? { default: termWidth } : undefined}
    >
      {facts.map(([term, value]) => (
        <DescriptionListGroup key={term}>
          <DescriptionListTerm>{term}</DescriptionListTerm>
          <DescriptionListDescription>
            {value ?? <span className="slipway-subtle">not known</span>}
          </DescriptionListDescription>
        </DescriptionListGroup>
      ))}
    </DescriptionList>
  );
}
