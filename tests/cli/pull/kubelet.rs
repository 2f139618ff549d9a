//! `vault kubelet-credential-provider`: the kubelet's plugin protocol.

use serde_json::{Value, json};

use super::{made, with_pull_secret};
use crate::support::{CANARY, Outcome, Sandbox};

const GROUP: &str = "credentialprovider.kubelet.k8s.io";

fn ask(sandbox: &Sandbox, request: &Value) -> Outcome {
    sandbox.command(["kubelet-credential-provider"]).stdin(request.to_string()).run()
}

fn request(image: &str) -> Value {
    json!({"apiVersion": format!("{GROUP}/v1"), "kind": "CredentialProviderRequest", "image": image})
}

fn response(scope: &str, duration: &str, auth: &Value) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/v1"), "kind": "CredentialProviderResponse",
        "cacheKeyType": scope, "cacheDuration": duration, "auth": auth,
    })
}

#[test]
fn the_kubelet_gets_the_credentials_of_an_image() {
    let sandbox = with_pull_secret("r", "r.example", "bot:p\"w");
    let auth = json!({"r.example": {"username": "bot", "password": "p\"w"}});
    for image in ["r.example/team/app", "r.example/team/app:1", "r.example/app@sha256:00"] {
        let answer = ask(&sandbox, &request(image)).quietly().json();
        assert_eq!(answer, response("Registry", "10m0s", &auth), "{image}");
    }
    let none = response("Image", "0s", &Value::Null);
    assert_eq!(ask(&sandbox, &request("other.example/app")).quietly().json(), none);
    assert_eq!(ask(&sandbox, &request("nginx")).quietly().json(), none);
}

#[test]
fn credentials_for_a_part_of_a_registry_are_kept_by_image() {
    let sandbox = with_pull_secret("all", "r.example", "all:p");
    made(&sandbox, "team", "r.example/team", "team:p");
    for (image, key, user) in
        [("r.example/team/app", "r.example/team", "team"), ("r.example/x", "r.example", "all")]
    {
        let auth = json!({key: {"username": user, "password": "p"}});
        let answer = ask(&sandbox, &request(image)).quietly().json();
        assert_eq!(answer, response("Image", "10m0s", &auth));
    }
}

#[test]
fn docker_hubs_short_names_are_its_images() {
    let sandbox = with_pull_secret("hub", "docker.io", "me:p");
    for image in ["nginx:1", "docker.io/library/nginx", "team/app"] {
        let answer = ask(&sandbox, &request(image)).quietly().json();
        assert_eq!(answer["auth"]["docker.io"]["username"], "me", "{image}");
    }
}

#[test]
fn the_version_asked_in_is_the_version_answered_in() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let mut asked = request("r.example/app");
        asked["apiVersion"] = json!(format!("{GROUP}/{version}"));
        assert_eq!(ask(&sandbox, &asked).quietly().json()["apiVersion"], asked["apiVersion"]);
    }
}

#[test]
fn what_is_no_request_is_refused_and_not_repeated() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let mut token = request("r.example/app");
    token["serviceAccountToken"] = json!(CANARY);
    ask(&sandbox, &token).quietly().never_says(CANARY);
    let other = json!({"apiVersion": format!("{GROUP}/v2"), "kind": "CredentialProviderRequest", "image": CANARY});
    let kind = json!({"apiVersion": format!("{GROUP}/v1"), "kind": CANARY, "image": "x"});
    for bad in [other, kind, json!({"image": CANARY}), json!([CANARY]), json!(CANARY)] {
        ask(&sandbox, &bad).never_says(CANARY).fails(1, &["vault: error: "]);
    }
    let nowhere = sandbox.command(["kubelet-credential-provider"]).cwd(sandbox.home());
    nowhere.stdin(request("r.example/app").to_string()).run().fails(1, &["no vault", "VAULT_DIR"]);
    std::fs::remove_file(sandbox.identity()).unwrap();
    ask(&sandbox, &request("r.example/app")).fails(3, &["no identity at hand"]);
}
