import {
  Button,
  Card,
  CardBody,
  CardFooter,
  CardTitle,
  Content,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { useLab, useStopLab } from "@/ipc/queries/app";
import { counted } from "@/lib/format";
import { TryLab } from "./TryLab";

/** The lab on the preferences page: how it stands, start, stop. */
export function LabSection() {
  const { data: lab, error } = useLab();
  const stop = useStopLab();
  const [asking, setAsking] = useState(false);
  return (
    <Card>
      <CardTitle component="h2">Lab</CardTitle>
      <CardBody>
        <Stack hasGutter>
          <StackItem>
            <Content component="p">
              A simulated fleet inside Slipway: IMCs with Redfish and SSH, ACCs with bootc and
              greenboot. Everything can be tried on it with no hardware.
            </Content>
          </StackItem>
          {error && <ErrorAlert error={error} title="The lab's state could not be read" />}
          {lab?.running && (
            <StackItem>
              <Facts
                columns={{ default: "2Col" }}
                facts={[
                  ["Simulated cards", counted(lab.cards, "card")],
                  ["Folder", lab.dir && <code>{lab.dir}</code>],
                  ["Demo ISO", lab.demo_iso && <code>{lab.demo_iso}</code>],
                ]}
              />
            </StackItem>
          )}
        </Stack>
      </CardBody>
      <CardFooter>
        {lab?.running ? (
          <Button variant="secondary" onClick={() => setAsking(true)} data-testid="stop-lab">
            Stop the lab…
          </Button>
        ) : (
          <TryLab />
        )}
      </CardFooter>
      {asking && lab && (
        <ConfirmDialog
          title="Stop the lab?"
          confirm="Stop the lab"
          busy={stop.isPending}
          error={stop.error}
          onClose={() => setAsking(false)}
          onConfirm={() => stop.mutate(undefined, { onSuccess: () => setAsking(false) })}
        >
          Its {counted(lab.cards, "simulated card")} stop answering. Real cards are not touched.
        </ConfirmDialog>
      )}
    </Card>
  );
}
