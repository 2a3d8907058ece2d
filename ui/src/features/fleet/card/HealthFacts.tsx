import { Flex, FlexItem } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import DisconnectedIcon from "@patternfly/react-icons/dist/esm/icons/disconnected-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import type { ComponentType, ReactNode } from "react";
import { Facts } from "@/components/Facts";
import { RelativeTime } from "@/components/RelativeTime";
import { ToneIcon } from "@/components/ToneIcon";
import type { DpuView, Greenboot, Silence } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import type { Tone } from "@/lib/states";

type SignProps = { tone: Tone; Icon: ComponentType; children: ReactNode };

function Sign({ tone, Icon, children }: SignProps) {
  return (
    <Flex columnGap={{ default: "columnGapSm" }} flexWrap={{ default: "nowrap" }}>
      <FlexItem>
        <ToneIcon tone={tone}>
          <Icon />
        </ToneIcon>
      </FlexItem>
      <FlexItem>{children}</FlexItem>
    </Flex>
  );
}

const GREENBOOT: Record<Greenboot, ReactNode> = {
  green: (
    <Sign tone="green" Icon={CheckCircleIcon}>
      Passed on this boot
    </Sign>
  ),
  pending: (
    <Sign tone="orange" Icon={HourglassHalfIcon}>
      Not passed yet on this boot
    </Sign>
  ),
  fell_back: (
    <Sign tone="orange" Icon={ExclamationTriangleIcon}>
      Failed on the newer entry; the card fell back to the older one
    </Sign>
  ),
  not_installed: (
    <Sign tone="grey" Icon={MinusCircleIcon}>
      Not installed: nothing checks this card's health after a boot
    </Sign>
  ),
};

function Answers({ seen, silent }: { seen: string | null; silent: Silence | null }) {
  if (silent) {
    return (
      <Sign tone="red" Icon={DisconnectedIcon}>
        Silent <RelativeTime at={silent.since} style="since" />
        <div className="slipway-subtle">{sentence(silent.reason)}</div>
        {seen && (
          <div className="slipway-subtle">
            Answered last <RelativeTime at={seen} />
          </div>
        )}
      </Sign>
    );
  }
  if (!seen) {
    return (
      <Sign tone="grey" Icon={MinusCircleIcon}>
        Never answered
      </Sign>
    );
  }
  return (
    <Sign tone="green" Icon={CheckCircleIcon}>
      Answered <RelativeTime at={seen} />
    </Sign>
  );
}

function redfishHealth(health: string): ReactNode {
  const well = health === "OK";
  return (
    <Sign tone={well ? "green" : "orange"} Icon={well ? CheckCircleIcon : ExclamationTriangleIcon}>
      {health}
    </Sign>
  );
}

/** greenboot's verdict, what Redfish says, and who answers. */
export function HealthFacts({ view }: { view: DpuView }) {
  const { health, power } = view.identity;
  return (
    <Facts
      termWidth="8rem"
      facts={[
        ["greenboot", view.greenboot && GREENBOOT[view.greenboot]],
        ["Redfish health", health && redfishHealth(health)],
        ["Power", power],
        ["IMC", <Answers key="imc" seen={view.imc_seen} silent={view.imc_silent} />],
        ["ACC", <Answers key="acc" seen={view.acc_seen} silent={view.acc_silent} />],
      ]}
    />
  );
}
