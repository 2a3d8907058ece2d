import { Alert, AlertActionCloseButton, Card, CardBody, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { BmcActionView } from "@/ipc/bindings";
import type { BmcView } from "@/ipc/whole";
import { sentence } from "@/lib/format";
import { OrderDialog } from "./OrderDialog";

/** The actions by what they touch, in the order in which they came. */
export function byTarget(actions: BmcActionView[]): { name: string; actions: BmcActionView[] }[] {
  const found = new Map<string, { name: string; actions: BmcActionView[] }>();
  for (const action of actions) {
    const known = found.get(action.target);
    if (known) known.actions.push(action);
    else found.set(action.target, { name: action.target_name, actions: [action] });
  }
  return [...found.values()];
}

/** What can be done to a Redfish service; what it does not offer says why. */
export function BmcActions({ view }: { view: BmcView }) {
  const [asking, setAsking] = useState<BmcActionView | null>(null);
  const [done, setDone] = useState<string | null>(null);
  return (
    <Card>
      <CardTitle component="h2">Actions</CardTitle>
      <CardBody>
        {done && (
          <Alert
            isInline
            variant="success"
            title={sentence(done)}
            actionClose={<AlertActionCloseButton onClose={() => setDone(null)} />}
          />
        )}
        <Table aria-label="Actions" variant="compact" borders={false}>
          <Thead>
            <Tr>
              <Th width={20}>At</Th>
              <Th width={45}>What can be done</Th>
              <Th>Why not</Th>
            </Tr>
          </Thead>
          <Tbody>
            {byTarget(view.actions).map(({ name, actions }) => (
              <Tr key={`${actions[0]?.target} ${name}`}>
                <Td dataLabel="At">{name || view.row.name}</Td>
                <Td dataLabel="What can be done">
                  <span className="slipway-numbers-row">
                    {actions.map((action) => (
                      <ReasonedButton
                        key={action.action}
                        size="sm"
                        variant="secondary"
                        isDanger={action.interrupts !== null}
                        whyNot={action.why_not && sentence(action.why_not)}
                        onClick={() => {
                          setDone(null);
                          setAsking(action);
                        }}
                        testId={`bmc-${action.action}`}
                      >
                        {action.label}…
                      </ReasonedButton>
                    ))}
                  </span>
                </Td>
                <Td dataLabel="Why not" className="slipway-subtle">
                  {[...new Set(actions.flatMap((action) => action.why_not ?? []))]
                    .map(sentence)
                    .join(" ")}
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      </CardBody>
      {asking && (
        <OrderDialog
          bmc={view.row}
          action={asking}
          onClose={() => setAsking(null)}
          onDone={(outcome) => {
            setAsking(null);
            setDone(outcome.sentence);
          }}
        />
      )}
    </Card>
  );
}
