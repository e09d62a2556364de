//! Who may depend on whom: binary → systems → kernel → proto → reason; web apps → web-kit → reason, and proto; binary → migrations;
//! tests → everything; nothing else.

use anyhow::Result;
use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package};

use super::report;
use crate::portals::PORTALS;

#[derive(Clone, Copy, PartialEq)]
enum Layer {
    Reason,
    Proto,
    Kernel,
    System,
    Binary,
    Migrations,
    WebKit,
    WebApp,
    Tests,
    Tool,
}

pub fn check() -> Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let kit = metadata.packages.iter().find(|package| layer(&package.name) == Some(Layer::WebKit));
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let Some(from) = layer(&package.name) else {
            findings.push(format!("{}: no layer; add it to the arrows", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            // A crate's own tests may stand on the test harness.
            let harness = dependency.kind == DependencyKind::Development && layer(&dependency.name) == Some(Layer::Tests);
            if !harness && !layer(&dependency.name).is_some_and(|to| allowed(from, to)) {
                findings.push(format!("{} must not depend on {}", package.name, dependency.name));
            }
            findings.extend(foreign_features(package, dependency));
        }
        if from == Layer::WebApp {
            findings.extend(kit.into_iter().flat_map(|kit| features_apart(kit, package)));
        }
    }
    report(findings)
}

fn layer(package: &str) -> Option<Layer> {
    Some(match package {
        "streamflow-reason" => Layer::Reason,
        "streamflow-proto" => Layer::Proto,
        "streamflow-kernel" => Layer::Kernel,
        "streamflow" => Layer::Binary,
        "streamflow-migrations" => Layer::Migrations,
        "web-kit" => Layer::WebKit,
        "streamflow-tests" => Layer::Tests,
        "xtask" => Layer::Tool,
        _ if PORTALS.iter().any(|portal| portal.system == package) => Layer::System,
        _ if PORTALS.iter().any(|portal| portal.app == package) => Layer::WebApp,
        _ => return None,
    })
}

fn allowed(from: Layer, to: Layer) -> bool {
    use Layer::{Binary, Kernel, Migrations, Proto, Reason, System, Tests, WebApp, WebKit};
    match from {
        Tests => true,
        // The contract too: the demo and the command line's imports are made by RPCs.
        Binary => matches!(to, System | Kernel | Migrations | Proto),
        System => matches!(to, Kernel | Proto),
        WebApp => matches!(to, WebKit | Proto),
        Kernel => to == Proto,
        // Not the contract: with another feature in each app, the kit would be compiled four times.
        Proto | WebKit => to == Reason,
        _ => false,
    }
}

/// A crate that belongs to one portal takes only that portal's package of the contract; a shared one takes none.
fn foreign_features(package: &Package, dependency: &Dependency) -> Option<String> {
    let apart = !matches!(layer(&package.name), Some(Layer::Tests | Layer::Binary));
    if dependency.name != "streamflow-proto" || !apart {
        return None;
    }
    let own = PORTALS.iter().find(|portal| [portal.app, portal.system].contains(&package.name.as_str()));
    let foreign = dependency
        .features
        .iter()
        .find(|feature| PORTALS.iter().any(|portal| portal.name == **feature) && own.is_none_or(|own| own.name != **feature))?;
    Some(format!("{} must not take the contract's feature {foreign}", package.name))
}

/// The apps are built one after the other. A library that one of them has with features of its own is compiled once more, and so is all
/// that stands on it.
fn features_apart(kit: &Package, app: &Package) -> Vec<String> {
    let shared = app.dependencies.iter().filter_map(|own| Some((own, kit.dependencies.iter().find(|of| of.name == own.name)?)));
    let apart = shared
        .flat_map(|(own, of)| own.features.iter().filter(move |one| !of.features.contains(one)).map(move |one| (&own.name, one)));
    apart.map(|(library, feature)| format!("{}: {library}'s feature {feature} belongs into web-kit's list", app.name)).collect()
}
