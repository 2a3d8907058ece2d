import {
  Breadcrumb,
  BreadcrumbItem,
  Flex,
  FlexItem,
  PageSection,
  Title,
} from "@patternfly/react-core";
import { type ReactNode, useEffect } from "react";
import { Link } from "react-router";

type Props = {
  title: string;
  /** Beside the title: a state. */
  badge?: ReactNode;
  /** One line under it. */
  lead?: ReactNode;
  actions?: ReactNode;
  /** The pages above this one: word and address. */
  above?: [string, string][];
  children?: ReactNode;
};

/** The head of a page: where it is, what it is called, what can be done. */
export function PageHeader({ title, badge, lead, actions, above, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Slipway`;
  }, [title]);
  return (
    <>
      {above && (
        <PageSection type="breadcrumb">
          <Breadcrumb>
            {above.map(([word, to]) => (
              <BreadcrumbItem
                key={to}
                render={({ className }) => (
                  <Link to={to} className={className}>
                    {word}
                  </Link>
                )}
              />
            ))}
            <BreadcrumbItem isActive>{title}</BreadcrumbItem>
          </Breadcrumb>
        </PageSection>
      )}
      <PageSection aria-label={title}>
        <Flex
          justifyContent={{ default: "justifyContentSpaceBetween" }}
          alignItems={{ default: "alignItemsFlexStart" }}
          rowGap={{ default: "rowGapMd" }}
        >
          <FlexItem>
            <Flex
              alignItems={{ default: "alignItemsCenter" }}
              columnGap={{ default: "columnGapMd" }}
            >
              <Title headingLevel="h1" size="2xl">
                {title}
              </Title>
              {badge}
            </Flex>
            {lead && <div className="slipway-lead">{lead}</div>}
          </FlexItem>
          {actions && (
            <Flex columnGap={{ default: "columnGapSm" }} rowGap={{ default: "rowGapSm" }}>
              {actions}
            </Flex>
          )}
        </Flex>
        {children}
      </PageSection>
    </>
  );
}
