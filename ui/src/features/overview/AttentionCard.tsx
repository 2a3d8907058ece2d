import { Card, CardBody, CardTitle, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import { HeadlineLabel } from "@/components/HeadlineLabel";
import { LinkButton } from "@/components/LinkButton";
import type { Attention } from "@/ipc/bindings";
import { sentence } from "@/lib/format";

/** More than this is a fleet's problem, and the table's business. */
const MOST = 8;

function AttentionRow({ entry }: { entry: Attention }) {
  const { dpu, name, headline, next_action, job } = entry;
  return (
    <Tr data-testid={`attention-${name}`}>
      <Td dataLabel="Card" modifier="nowrap">
        <Link to={`/cards/${dpu}`}>{name}</Link>
      </Td>
      <Td dataLabel="State" modifier="nowrap">
        <HeadlineLabel headline={headline} compact />
      </Td>
      <Td dataLabel="Why" modifier="truncate" title={headline.reason}>
        {sentence(headline.reason)}
      </Td>
      <Td dataLabel="Next" modifier="nowrap">
        <LinkButton
          className="slipway-nowrap"
          variant="link"
          isInline
          to={job ? `/jobs/${job}` : `/cards/${dpu}`}
        >
          {next_action}
        </LinkButton>
      </Td>
    </Tr>
  );
}

/** The cards that need somebody, worst first, each with its next action. */
export function AttentionCard({ attention }: { attention: Attention[] }) {
  const shown = attention.slice(0, MOST);
  return (
    <Card>
      <CardTitle component="h2">Needs attention</CardTitle>
      <CardBody>
        {shown.length === 0 ? (
          <EmptyState
            variant="sm"
            headingLevel="h3"
            titleText="Nothing needs you"
            icon={CheckCircleIcon}
            status="success"
          >
            <EmptyStateBody>Every card that was asked is well.</EmptyStateBody>
          </EmptyState>
        ) : (
          <Table aria-label="Cards that need attention" variant="compact" borders={false}>
            <Thead>
              <Tr>
                <Th modifier="fitContent">Card</Th>
                <Th modifier="fitContent">State</Th>
                <Th width={60}>Why</Th>
                <Th screenReaderText="Next action" />
              </Tr>
            </Thead>
            <Tbody>
              {shown.map((entry) => (
                <AttentionRow key={entry.dpu} entry={entry} />
              ))}
            </Tbody>
          </Table>
        )}
        {attention.length > MOST && (
          <Link to="/cards?sort=state">All {attention.length} in the table of cards</Link>
        )}
      </CardBody>
    </Card>
  );
}
