import {
  Alert,
  Button,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useEffect, useState } from "react";
import { ByteProgress } from "@/components/ByteProgress";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { ImportProgress, Iso, IsoVerdict, IsoVerifyView } from "@/ipc/bindings";
import { useVerifyIso } from "@/ipc/queries/studio";
import { sentence } from "@/lib/format";

const VERDICTS: Record<IsoVerdict, string> = { good: "Good", bad: "Bad", absent: "Not there" };

function Report({ report }: { report: IsoVerifyView }) {
  return (
    <Stack hasGutter>
      <Alert
        isInline
        variant={report.good ? "success" : "danger"}
        title={report.good ? "Nothing is wrong with it" : "It is not as it should be"}
      >
        {report.why_not_deployable && sentence(report.why_not_deployable)}
      </Alert>
      <StackItem>
        <Table aria-label="What was looked at" variant="compact">
          <Thead>
            <Tr>
              <Th>Looked at</Th>
              <Th>Verdict</Th>
              <Th>Seen</Th>
            </Tr>
          </Thead>
          <Tbody>
            {report.checks.map((check) => (
              <Tr key={check.name}>
                <Td dataLabel="Looked at">{check.name}</Td>
                <Td dataLabel="Verdict">{VERDICTS[check.verdict]}</Td>
                <Td dataLabel="Seen">{check.evidence}</Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      </StackItem>
    </Stack>
  );
}

/** Reads the file as a whole again, and reports. */
export function VerifyDialog({ iso, onClose }: { iso: Iso; onClose: () => void }) {
  const [progress, setProgress] = useState<ImportProgress | null>(null);
  const { mutate, data, error } = useVerifyIso();
  useEffect(() => mutate({ path: iso.path, onProgress: setProgress }), [iso.path, mutate]);
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="verify-title">
      <ModalHeader title={`Verify ${iso.name}`} labelId="verify-title" />
      <ModalBody tabIndex={0} role="region" aria-label="Report">
        {!data && !error && !progress && <p role="status">Opening the file…</p>}
        {!data && !error && progress && (
          <ByteProgress
            done={progress.read}
            total={progress.total}
            label="Reading the ISO"
            title="Reading the ISO"
          />
        )}
        {error && <ErrorAlert error={error} title="It could not be verified" />}
        {data && <Report report={data} />}
      </ModalBody>
      <ModalFooter>
        <Button variant="secondary" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}
