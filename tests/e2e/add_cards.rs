//! Adding cards by pasting a list, in the real window: a simulated rack in a process of its own, a
//! credential profile made on the spot, and every fingerprint accepted by hand.

use serde_json::Value;

use crate::{driver::Window, rack::Rack};

/// The list as somebody would paste it: a header, one line per card, and one that is no address.
fn pasted(cards: &[Value]) -> String {
    let mut text = "address,name,host,ssh\n".to_owned();
    for card in cards {
        let field = |name: &str| card[name].as_str().unwrap_or_default().to_owned();
        text += &format!(
            "{},{},{},{}\n",
            field("imc_redfish"),
            field("name"),
            field("host"),
            field("imc_ssh")
        );
    }
    text + "not an address at all,x,,\n"
}

async fn make_profile(window: &Window, card: &Value) {
    window.click("[data-testid='new-profile']").await;
    window.paste("#credential-name", "lab-imcs").await;
    window
        .paste("#credential-user", card["imc_user"].as_str().unwrap())
        .await;
    window
        .paste("#credential-secret", card["imc_password"].as_str().unwrap())
        .await;
    window.picture("add-profile").await;
    window.click("[data-testid='confirm']").await;
    window.gone("[role='dialog']").await;
}

async fn the_wizard(window: &Window, rack: &Rack) {
    let cards = rack.cards();
    window.go("/add").await;
    window.paste("#address-list", &pasted(&cards)).await;
    window
        .wait_text("[data-testid='address-count']", "3 addresses", 30)
        .await;
    window.wait_text("body", "Line 5", 30).await;
    window.picture("add-addresses").await;
    window.click("[data-testid='wizard-next']").await;

    make_profile(window, &cards[0]).await;
    window.click("[data-testid='wizard-next']").await;

    // Nothing is trusted by itself.
    window.wait_for("[data-testid='trust-all']").await;
    assert!(!window.enabled("[data-testid='wizard-add']").await);
    window.picture("add-trust").await;
    window.click("[data-testid='trust-all']").await;
    window.click("[data-testid='confirm']").await;
    window.gone("[role='dialog']").await;
    window.wait_text("body", "Ready to add 3", 60).await;
    window.picture("add-ready").await;
    window.click("[data-testid='wizard-add']").await;
    window
        .wait_text("[data-testid='added']", "3 machines added", 60)
        .await;
    window.picture("add-result").await;

    // They are cards now: asked, paired with nothing, and read.
    let name = cards[0]["name"].as_str().unwrap();
    window.go("/cards").await;
    window.click(&format!("[data-testid='row-{name}'] a")).await;
    window.wait_for("[data-testid='action-deploy']").await;
    window.click("[data-testid='tab-inventory']").await;
    window.click("[data-testid='read-inventory']").await;
    window.wait_for("[data-testid='bmc-reset']").await;
    window.wait_text("body", "Virtual media", 60).await;
    window.picture("card-inventory").await;

    // What was accepted is pinned, and the profile names who uses it.
    window.go("/settings/trust").await;
    let peer = cards[0]["imc_redfish"].as_str().unwrap();
    window
        .wait_for(&format!("[data-testid='pin-{peer}']"))
        .await;
    window.picture("trust-after-adding").await;
    window.go("/settings/credentials").await;
    window
        .wait_text("[data-testid='profile-lab-imcs']", name, 30)
        .await;
    window.picture("credentials").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cards_are_added_by_pasting_a_list_and_trusting_what_they_show() {
    let rack = Rack::start(3).await;
    Window::with("add-cards", &[], |window| async move {
        the_wizard(&window, &rack).await;
    })
    .await;
}
