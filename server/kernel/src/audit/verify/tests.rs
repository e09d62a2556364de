//! Chains that are sound, and chains somebody changed.

use super::{
    super::{
        chain::tests::record,
        checkpoint::tests::{checkpoint, key},
    },
    *,
};

/// A sound chain of `length` links.
fn chain(length: u128) -> Vec<Line> {
    let mut head = Head::default();
    let link = |n| {
        let record = record(n);
        head = head.after("x", &record);
        let link = Link { position: head.position, record_id: record.id, hash: head.hash };
        Line { system: "x".into(), org: record.org_id, link: Some(link), record: Some(record) }
    };
    (1..=length).map(link).collect()
}

fn head(lines: &[Line], position: usize) -> Head {
    let link = lines[position - 1].link.unwrap();
    Head { position: link.position, hash: link.hash }
}

fn verify(lines: &[Line], checkpoints: Vec<Checkpoint>) -> Verdict {
    let checkpoints = Checkpoints { all: checkpoints, unreadable: 0 };
    let mut verifier = Verifier::new("x", Uuid::from_u128(1), &checkpoints, &[key().public()]);
    for line in lines {
        verifier.take(line);
    }
    verifier.finish()
}

fn problems(lines: &[Line]) -> Vec<String> {
    verify(lines, Vec::new()).problems.iter().map(ToString::to_string).collect()
}

fn id(n: u128) -> Uuid {
    record(n).id
}

#[test]
fn a_sound_chain_is_intact_with_what_is_not_sealed_yet() {
    let mut lines = chain(5);
    let seen = [checkpoint(head(&lines, 2)), checkpoint(head(&lines, 5))];
    lines.push(Line { link: None, record: Some(record(6)), ..lines[0].clone() });
    let verdict = verify(&lines, seen.to_vec());
    assert!(verdict.intact && verdict.problems.is_empty());
    assert_eq!((verdict.sealed, verdict.unsealed, verdict.checkpoints), (5, 1, 2));
    assert_eq!(verdict.checkpointed.unwrap().0, 5);
    assert!(verify(&[], Vec::new()).intact);
}

#[test]
fn an_altered_record_is_named_alone() {
    let mut lines = chain(5);
    lines[2].record.as_mut().unwrap().outcome = "NOT_FOUND".into();
    assert_eq!(problems(&lines), [format!("position 3: record {} or its link was altered", id(3))]);
}

#[test]
fn a_deleted_record_is_named_and_so_is_a_deleted_link() {
    let mut lines = chain(5);
    lines[1].record = None;
    assert_eq!(problems(&lines), [format!("position 2: record {} is missing", id(2))]);
    let mut lines = chain(5);
    lines.remove(1);
    assert_eq!(problems(&lines), ["position 2: the link is missing"]);
    lines.remove(1);
    assert_eq!(problems(&lines), ["positions 2 to 3: the links are missing"]);
}

#[test]
fn swapped_records_and_swapped_links_are_named() {
    let mut lines = chain(5);
    let (second, third) = (lines[1].record.take(), lines[2].record.take());
    (lines[1].record, lines[2].record) = (third, second);
    assert_eq!(verify(&lines, Vec::new()).problem_count, 2);
    // With their ids in the links, too.
    (lines[1].link.as_mut().unwrap().record_id, lines[2].link.as_mut().unwrap().record_id) = (id(3), id(2));
    let first = Problem::Altered { position: 2, record_id: id(3) };
    assert_eq!(verify(&lines, Vec::new()).problems, [first, Problem::Altered { position: 3, record_id: id(2) }]);
    let mut lines = chain(3);
    lines.swap(1, 2);
    assert!(!verify(&lines, Vec::new()).intact);
}

#[test]
fn a_chain_that_ends_too_early_is_found_by_a_checkpoint_only() {
    let lines = chain(5);
    let seen = checkpoint(head(&lines, 4));
    assert!(verify(&lines[..3], Vec::new()).intact);
    let at = seen.at;
    let truncated = |ends_at| vec![Problem::Truncated { ends_at, seen_at: 4, at }];
    assert_eq!(verify(&lines[..3], vec![seen.clone()]).problems, truncated(3));
    assert_eq!(verify(&[], vec![seen.clone()]).problems, truncated(0));
    assert!(verify(&lines[..4], vec![seen]).intact);
}

#[test]
fn a_chain_made_anew_is_found_by_a_checkpoint_only() {
    let seen = checkpoint(head(&chain(5), 4));
    let mut anew = chain(5);
    let mut at = Head::default();
    for line in &mut anew {
        let record = line.record.as_mut().unwrap();
        record.actor_name = "Somebody else".into();
        at = at.after("x", record);
        line.link.as_mut().unwrap().hash = at.hash;
    }
    assert!(verify(&anew, Vec::new()).intact);
    assert_eq!(verify(&anew, vec![seen.clone()]).problems, [Problem::Rewritten { position: 4, at: seen.at }]);
}

#[test]
fn a_forged_checkpoint_is_named_and_counts_for_nothing() {
    let lines = chain(5);
    let mut forged = checkpoint(head(&lines, 4));
    forged.position = 5;
    let verdict = verify(&lines, vec![forged]);
    assert_eq!(verdict.problems, [Problem::Forged { position: 5, key: "k1".into() }]);
    assert_eq!((verdict.checkpoints, verdict.checkpointed), (0, None));
}

#[test]
fn a_record_that_never_got_its_place_is_noticed_by_a_later_checkpoint() {
    let mut lines = chain(2);
    let seen = checkpoint(head(&lines, 2));
    for (minutes, is_intact) in [(4, true), (6, false)] {
        let record = AuditRecord { at: seen.at - TimeDelta::minutes(minutes), ..record(3) };
        lines.push(Line { link: None, record: Some(record), ..lines[0].clone() });
        assert_eq!(verify(&lines, vec![seen.clone()]).intact, is_intact, "{minutes} minutes");
    }
}

#[test]
fn lines_of_another_chain_are_refused() {
    let mut lines = chain(2);
    lines[1].system = "y".into();
    assert_eq!(verify(&lines, Vec::new()).problems, [Problem::Foreign { org: Uuid::from_u128(1) }]);
    let mut lines = chain(2);
    lines[1].record.as_mut().unwrap().org_id = Uuid::from_u128(2);
    assert!(!verify(&lines, Vec::new()).intact);
}

#[test]
fn many_problems_are_counted_and_some_told() {
    let mut lines = chain(50);
    for line in &mut lines {
        line.record = None;
    }
    let verdict = verify(&lines, Vec::new());
    assert_eq!((verdict.problem_count, verdict.problems.len()), (50, 20));
}

#[test]
fn a_line_survives_its_text() {
    for line in chain(2) {
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
    }
    let gone = Line { record: None, ..chain(1).remove(0) };
    assert_eq!(serde_json::from_str::<Line>(&serde_json::to_string(&gone).unwrap()).unwrap(), gone);
}
