import { Card, CardBody, CardTitle, Grid, GridItem } from "@patternfly/react-core";
import { type Fact, Facts } from "@/components/Facts";
import type { BmcView, Inventory, ManagerInfo, SystemInfo } from "@/ipc/whole";
import { counted, makeAndModel, memory } from "@/lib/format";
import { HealthText } from "./HealthText";

/** Only what the service told: a fact without a value is left out. */
const told = (facts: Fact[]): Fact[] =>
  facts.filter(([, value]) => value !== null && value !== undefined && value !== "");

const boot = ({ boot: { enabled, target, mode } }: SystemInfo) =>
  enabled && [enabled, enabled !== "Disabled" && target, mode].filter(Boolean).join(", ");

const processors = (system: SystemInfo) =>
  [
    system.processor_count && counted(system.processor_count, "socket"),
    system.core_count && counted(system.core_count, "core"),
    system.processor_model,
  ]
    .filter(Boolean)
    .join(", ");

function SystemFacts({ system }: { system: SystemInfo }) {
  return (
    <Facts
      termWidth="7.5rem"
      facts={told([
        ["Health", <HealthText key="health" health={system.health} />],
        ["Power", system.power],
        ["Model", makeAndModel(system.manufacturer, system.model)],
        ["Kind", system.system_type],
        ["Serial number", system.serial_number && <code>{system.serial_number}</code>],
        ["Part number", system.part_number ?? system.sku],
        ["Host name", system.host_name],
        ["BIOS", system.bios],
        ["Processors", processors(system)],
        ["Memory", system.memory && memory(system.memory)],
        ["Boot override", boot(system)],
        ["UUID", system.uuid && <code>{system.uuid}</code>],
      ])}
    />
  );
}

function ManagerFacts({ manager }: { manager: ManagerInfo }) {
  return (
    <Facts
      termWidth="7.5rem"
      facts={told([
        ["Health", <HealthText key="health" health={manager.health} />],
        ["Firmware", manager.firmware && <code>{manager.firmware}</code>],
        ["Model", makeAndModel(manager.manufacturer, manager.model)],
        ["Kind", manager.manager_type],
        ["Serial number", manager.serial_number && <code>{manager.serial_number}</code>],
        ["Its clock", manager.date_time],
        ["Power", manager.power],
      ])}
    />
  );
}

function ServiceFacts({ view, inventory }: { view: BmcView; inventory: Inventory }) {
  const { service } = inventory;
  return (
    <Facts
      termWidth="7.5rem"
      facts={told([
        ["What it is", view.row.kind_text],
        ["Address", <code key="address">{view.row.address}</code>],
        ["Service", service.name],
        ["Vendor", makeAndModel(service.vendor, service.product)],
        ["Redfish", service.redfish_version],
        ["Logged in by", view.login],
        ["Read with", counted(inventory.requests, "request")],
      ])}
    />
  );
}

/** Who it is: the service, its managers, the systems behind it. */
export function Identity({ view, inventory }: { view: BmcView; inventory: Inventory }) {
  return (
    <Grid hasGutter>
      <GridItem lg={4}>
        <Card isFullHeight>
          <CardTitle component="h2">Service</CardTitle>
          <CardBody>
            <ServiceFacts view={view} inventory={inventory} />
          </CardBody>
        </Card>
      </GridItem>
      {inventory.systems.map((system) => (
        <GridItem key={system.path} lg={4}>
          <Card isFullHeight>
            <CardTitle component="h2">{system.name ?? `System ${system.id ?? ""}`}</CardTitle>
            <CardBody>
              <SystemFacts system={system} />
            </CardBody>
          </Card>
        </GridItem>
      ))}
      {inventory.managers.map((manager) => (
        <GridItem key={manager.path} lg={4}>
          <Card isFullHeight>
            <CardTitle component="h2">{manager.name ?? `Manager ${manager.id ?? ""}`}</CardTitle>
            <CardBody>
              <ManagerFacts manager={manager} />
            </CardBody>
          </Card>
        </GridItem>
      ))}
    </Grid>
  );
}
