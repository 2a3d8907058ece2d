import { Card, CardBody, CardTitle, Grid, GridItem } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { DoctorPanel } from "@/components/doctor/DoctorPanel";
import { Facts } from "@/components/Facts";
import { RelativeTime } from "@/components/RelativeTime";
import type { DpuView } from "@/ipc/bindings";
import { BootcPanel } from "./BootcPanel";
import { HealthFacts } from "./HealthFacts";

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card isFullHeight>
      <CardTitle component="h2">{title}</CardTitle>
      <CardBody>{children}</CardBody>
    </Card>
  );
}

function Identity({ view }: { view: DpuView }) {
  const { identity, acc } = view;
  const route = acc.route === "direct" ? acc.address : `${acc.address}, through the IMC`;
  return (
    <Facts
      termWidth="7rem"
      columns={{ default: "1Col", xl: "2Col" }}
      facts={[
        ["Model", identity.model],
        ["Serial number", identity.serial_number],
        ["IMC firmware", identity.firmware && <code>{identity.firmware}</code>],
        ["BIOS", identity.bios],
        ["IMC Redfish", <code key="imc">{view.row.imc}</code>],
        ["IMC SSH", <code key="ssh">{view.imc_ssh}</code>],
        ["ACC SSH", <code key="acc">{route}</code>],
        ["Host name", view.hostname],
        ["Boot id", view.boot_id && <code>{view.boot_id}</code>],
        ["Added", <RelativeTime key="added" at={view.added_at} />],
      ]}
    />
  );
}

/** What the card runs, how it feels, what it is. */
export function OverviewTab({ view }: { view: DpuView }) {
  return (
    <Grid hasGutter>
      <GridItem span={12}>
        <BootcPanel view={view} />
      </GridItem>
      <GridItem lg={5}>
        <Section title="Health">
          <HealthFacts view={view} />
        </Section>
      </GridItem>
      <GridItem lg={7}>
        <Section title="Identity">
          <Identity view={view} />
        </Section>
      </GridItem>
      <GridItem span={12}>
        <DoctorPanel cards={[view.row.id]} iso={null} />
      </GridItem>
    </Grid>
  );
}
