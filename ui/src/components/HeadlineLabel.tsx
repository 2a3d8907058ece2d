import { Flex, FlexItem, Label } from "@patternfly/react-core";
import type { Headline } from "@/ipc/bindings";
import { STATES } from "@/lib/states";
import { RelativeTime } from "./RelativeTime";
import { StateIcon } from "./StateIcon";

type Props = {
  headline: Headline;
  /** When the card was asked last: the age where the headline itself has none. */
  seen?: string | null;
  /** For rows: as PatternFly's compact label looks, of fewer elements. */
  compact?: boolean;
};

/** How old the fact is, where that says something. */
function Age({ headline, seen = null }: Omit<Props, "compact">) {
  const at = headline.at ?? (headline.state === "working" ? null : seen);
  return at && <RelativeTime at={at} style={headline.state === "unreachable" ? "since" : "ago"} />;
}

/** A card's one state: icon, word, colour, and how old the fact is. */
export function HeadlineLabel({ headline, seen, compact = false }: Props) {
  const { state, reason } = headline;
  const { word, tone } = STATES[state];
  const icon = <StateIcon state={state} />;
  if (compact) {
    return (
      <span className="slipway-headline">
        <span title={reason} data-state={state} data-tone={tone}>
          {icon}
          {word}
        </span>
        <Age {...{ headline, seen }} />
      </span>
    );
  }
  return (
    <Flex
      display={{ default: "inlineFlex" }}
      columnGap={{ default: "columnGapSm" }}
      flexWrap={{ default: "nowrap" }}
      alignItems={{ default: "alignItemsCenter" }}
    >
      <FlexItem>
        <Label color={tone} icon={icon} title={reason} data-state={state}>
          {word}
        </Label>
      </FlexItem>
      <FlexItem className="slipway-subtle">
        <Age {...{ headline, seen }} />
      </FlexItem>
    </Flex>
  );
}
