import { Flex, FlexItem, Label } from "@patternfly/react-core";
import { StateIcon } from "@/components/StateIcon";
import type { HeadlineState, StateCount } from "@/ipc/bindings";
import { STATE_ORDER, STATES } from "@/lib/states";

type Props = {
  counts: StateCount[];
  chosen: HeadlineState[];
  onToggle: (state: HeadlineState) => void;
};

/** One chip per state that somebody is in, with how many; pressed ones filter the table. */
export function StateChips({ counts, chosen, onToggle }: Props) {
  const shown = STATE_ORDER.map((state) => ({
    state,
    count: counts.find((entry) => entry.state === state)?.count ?? 0,
  })).filter(({ state, count }) => count > 0 || chosen.includes(state));
  return (
    <Flex
      role="group"
      aria-label="Filter by state"
      columnGap={{ default: "columnGapXs" }}
      rowGap={{ default: "rowGapXs" }}
    >
      {shown.map(({ state, count }) => {
        const pressed = chosen.includes(state);
        const { word, tone, means } = STATES[state];
        return (
          <FlexItem key={state}>
            <Label
              color={tone}
              isCompact
              variant={pressed ? "filled" : "outline"}
              icon={<StateIcon state={state} />}
              isClickable
              render={({ className, content, componentRef }) => (
                <button
                  type="button"
                  ref={componentRef}
                  className={className}
                  aria-pressed={pressed}
                  title={means}
                  data-testid={`filter-${state}`}
                  onClick={() => onToggle(state)}
                >
                  {content}
                </button>
              )}
            >
              {word} {count}
            </Label>
          </FlexItem>
        );
      })}
    </Flex>
  );
}
