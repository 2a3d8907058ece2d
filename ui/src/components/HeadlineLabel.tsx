import { Flex, FlexItem, Label } from "@patternfly/react-core";
import type { Headline } from "@/ipc/bindings";
import { STATES } from "@/lib/states";
import { RelativeTime } from "./RelativeTime";
import { StateIcon } from "./StateIcon";

type Props = {
  headline: Headline;
  /** When the card was asked last: the age where the headline itself has none. */
  seen?: string | null;
  compact?: boolean;
};

/** A card's one state: icon, word, colour, and how old the fact is. */
export function HeadlineLabel({ headline, seen = null, compact = false }: Props) {
  const { word, tone } = STATES[headline.state];
  const at = headline.at ?? (headline.state === "working" ? null : seen);
  return (
    <Flex
      display={{ default: "inlineFlex" }}
      columnGap={{ default: "columnGapSm" }}
      flexWrap={{ default: "nowrap" }}
      alignItems={{ default: "alignItemsCenter" }}
    >
      <FlexItem>
        <Label
          color={tone}
          icon={<StateIcon state={headline.state} />}
          isCompact={compact}
          title={headline.reason}
          data-state={headline.state}
        >
          {word}
        </Label>
      </FlexItem>
      {at && (
        <FlexItem className="slipway-subtle slipway-nowrap">
          <RelativeTime at={at} style={headline.state === "unreachable" ? "since" : "ago"} />
        </FlexItem>
      )}
    </Flex>
  );
}
