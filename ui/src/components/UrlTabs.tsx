import { PageSection, Tab, Tabs, TabTitleText } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { useSearchParams } from "react-router";

export type UrlTab = { key: string; word: string; content: () => ReactNode };

/** The parts of a page, the open one in the address: `?tab=…`; the first needs no word there. */
export function UrlTabs({ label, tabs }: { label: string; tabs: UrlTab[] }) {
  const [params, setParams] = useSearchParams();
  const open = tabs.find((tab) => tab.key === params.get("tab")) ?? tabs[0];
  if (!open) return null;
  return (
    <>
      <PageSection type="tabs" aria-label={label}>
        <Tabs
          activeKey={open.key}
          onSelect={(_event, key) =>
            setParams(key === tabs[0]?.key ? {} : { tab: String(key) }, { replace: true })
          }
          usePageInsets
          aria-label={label}
        >
          {tabs.map((tab) => (
            <Tab
              key={tab.key}
              eventKey={tab.key}
              title={<TabTitleText>{tab.word}</TabTitleText>}
              tabContentId="url-tab"
              data-testid={`tab-${tab.key}`}
            />
          ))}
        </Tabs>
      </PageSection>
      <PageSection isFilled id="url-tab" role="tabpanel" aria-label={open.word}>
        {open.content()}
      </PageSection>
    </>
  );
}
