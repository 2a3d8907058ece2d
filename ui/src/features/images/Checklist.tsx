import { Label } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { CopyButton } from "@/components/CopyButton";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import type { Prerequisite, PrerequisiteState } from "@/ipc/bindings";
import { usePrerequisites } from "@/ipc/queries/images";
import { sentence } from "@/lib/format";

const STATES: Record<
  PrerequisiteState,
  { word: string; color: "green" | "red" | "orange" | "grey"; Icon: typeof BanIcon }
> = {
  met: { word: "There", color: "green", Icon: CheckCircleIcon },
  missing: { word: "Missing", color: "red", Icon: ExclamationCircleIcon },
  warning: { word: "Look at it", color: "orange", Icon: ExclamationTriangleIcon },
  not_needed: { word: "Not needed", color: "grey", Icon: BanIcon },
};

function State({ state }: { state: PrerequisiteState }) {
  const { word, color, Icon } = STATES[state];
  return (
    <Label color={color} icon={<Icon />} isCompact>
      {word}
    </Label>
  );
}

/** Lines of the checklist, the fix beside each; the command is the person's to run. */
export function PrerequisiteTable({ lines }: { lines: Prerequisite[] }) {
  return (
    <Table aria-label="What is needed" variant="compact">
      <Thead>
        <Tr>
          <Th width={20}>Needed</Th>
          <Th width={10}>State</Th>
          <Th>Found</Th>
          <Th>Fix</Th>
        </Tr>
      </Thead>
      <Tbody>
        {lines.map((line) => (
          <Tr key={line.kind} data-testid={`needed-${line.kind}`}>
            <Td dataLabel="Needed">
              {line.title}
              <div className="slipway-subtle">{sentence(line.why)}</div>
            </Td>
            <Td dataLabel="State">
              <State state={line.state} />
            </Td>
            <Td dataLabel="Found">{line.found}</Td>
            <Td dataLabel="Fix">
              {line.fix && sentence(line.fix.text)}
              {line.fix?.command && (
                <div>
                  <code>{line.fix.command}</code>{" "}
                  <CopyButton text={line.fix.command} what={`the command for ${line.title}`} />
                </div>
              )}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** What building for a card needs, and what is there. */
export function Checklist() {
  const { data, error, refetch } = usePrerequisites("aarch64");
  if (error) {
    return <ErrorAlert error={error} title="The checklist could not be made" onRetry={refetch} />;
  }
  if (!data) return <Loading words="Looking at this machine" rows={6} />;
  return <PrerequisiteTable lines={data} />;
}
