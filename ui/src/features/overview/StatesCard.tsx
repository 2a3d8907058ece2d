import { ChartDonut } from "@patternfly/react-charts/dist/esm/victory/components/ChartDonut/ChartDonut";
import { Card, CardBody, CardTitle } from "@patternfly/react-core";
import chart_black_300 from "@patternfly/react-tokens/dist/esm/chart_color_black_300";
import chart_blue_300 from "@patternfly/react-tokens/dist/esm/chart_color_blue_300";
import chart_green_300 from "@patternfly/react-tokens/dist/esm/chart_color_green_300";
import chart_orange_300 from "@patternfly/react-tokens/dist/esm/chart_color_orange_300";
import chart_red_orange_400 from "@patternfly/react-tokens/dist/esm/chart_color_red_orange_400";
import { Link, useNavigate } from "react-router";
import { StateIcon } from "@/components/StateIcon";
import { ToneIcon } from "@/components/ToneIcon";
import type { HeadlineState, Overview } from "@/ipc/bindings";
import { STATE_ORDER, STATES, type Tone } from "@/lib/states";

const COLORS: Record<Tone, string> = {
  green: chart_green_300.var,
  blue: chart_blue_300.var,
  orange: chart_orange_300.var,
  red: chart_red_orange_400.var,
  grey: chart_black_300.var,
};

const address = (state: HeadlineState) => `/cards?state=${state}`;

/** The fleet by state: a slice or its word opens the cards behind it. */
export function StatesCard({ overview }: { overview: Overview }) {
  const navigate = useNavigate();
  const counts = STATE_ORDER.map((state) => ({
    state,
    count: overview.by_state.find((entry) => entry.state === state)?.count ?? 0,
  })).filter((entry) => entry.count > 0);
  const slices = counts.map(({ state, count }) => ({ x: STATES[state].word, y: count, state }));
  const percent = overview.total > 0 ? Math.floor((overview.current / overview.total) * 100) : 0;
  return (
    <Card>
      <CardTitle component="h2">Cards by state</CardTitle>
      <CardBody>
        <div className="slipway-donut">
          <div aria-hidden="true">
            <ChartDonut
              data={slices}
              height={150}
              width={150}
              padding={4}
              padAngle={1}
              title={`${percent} %`}
              subTitle="current"
              labels={({ datum }: { datum: { x: string; y: number } }) => `${datum.x}: ${datum.y}`}
              colorScale={counts.map(({ state }) => COLORS[STATES[state].tone])}
              events={[
                {
                  target: "data",
                  eventHandlers: {
                    onClick: (_event: unknown, props: { datum: { state: HeadlineState } }) => {
                      navigate(address(props.datum.state));
                      return [];
                    },
                  },
                },
              ]}
              style={{ data: { cursor: "pointer" } }}
            />
          </div>
          <ul className="slipway-legend" aria-label="Cards by state">
            {counts.map(({ state, count }) => (
              <li key={state}>
                <ToneIcon tone={STATES[state].tone}>
                  <StateIcon state={state} />
                </ToneIcon>
                <Link to={address(state)}>{STATES[state].word}</Link>
                <span className="slipway-numbers">{count}</span>
              </li>
            ))}
          </ul>
        </div>
      </CardBody>
    </Card>
  );
}
