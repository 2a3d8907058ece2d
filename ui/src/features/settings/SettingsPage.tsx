import { PageSection, Tab, Tabs, TabTitleText } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Navigate, useNavigate, useParams } from "react-router";
import { PageHeader } from "@/components/PageHeader";
import { AboutTab } from "./AboutTab";
import { CredentialsTab } from "./CredentialsTab";
import { NetworkTab } from "./NetworkTab";
import { PreferencesTab } from "./PreferencesTab";
import { TrustTab } from "./TrustTab";

const TABS = {
  trust: "Trust",
  credentials: "Credentials",
  network: "Local network",
  preferences: "Preferences",
  about: "About",
} as const;
const isTab = (text: string): text is keyof typeof TABS => Object.hasOwn(TABS, text);

/** What is trusted, how this desk looks, what this is. */
export function SettingsPage({ lab }: { lab: ReactNode }) {
  const { tab = "" } = useParams();
  const navigate = useNavigate();
  if (!isTab(tab)) return <Navigate to="/settings/trust" replace />;
  return (
    <>
      <PageHeader title="Settings" />
      <PageSection type="tabs" aria-label="Parts of the settings">
        <Tabs
          activeKey={tab}
          usePageInsets
          aria-label="Parts of the settings"
          onSelect={(_event, key) => navigate(`/settings/${key}`)}
        >
          {Object.entries(TABS).map(([key, word]) => (
            <Tab
              key={key}
              eventKey={key}
              title={<TabTitleText>{word}</TabTitleText>}
              tabContentId="settings-tab"
            />
          ))}
        </Tabs>
      </PageSection>
      <PageSection isFilled id="settings-tab" role="tabpanel" aria-label={TABS[tab]}>
        {tab === "trust" && <TrustTab />}
        {tab === "credentials" && <CredentialsTab />}
        {tab === "network" && <NetworkTab />}
        {tab === "preferences" && <PreferencesTab lab={lab} />}
        {tab === "about" && <AboutTab />}
      </PageSection>
    </>
  );
}
