//! The portal while a large file comes in: what others notice of an import of 100,000 rows, and how quick it is.

use std::{
    cell::Cell,
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use prost::Message;
use streamflow_proto::client::v1 as pb;

use super::{Bench, Running, sign_in::others};
use crate::{
    figures,
    load::call::Call,
    report::{Figure, Goal, Report},
};

const ROWS: usize = 100_000;
const QUICK_ROWS: usize = 5_000;
/// Bytes of one upload.
const PIECE: usize = 500_000;
/// The company that imports; those whose lists are measured are drawn from all.
const ORG: u32 = 7;

pub async fn measure(bench: &Bench<'_>, running: &Running, report: &mut Report) -> Result<()> {
    let rows = if bench.options.quick { QUICK_ROWS } else { ROWS };
    let idle = others(bench, running).await?;
    let is_done = Cell::new(false);
    let import = async {
        let took = run(running, rows).await;
        is_done.set(true);
        took
    };
    let meanwhile = async {
        let mut latencies = Vec::new();
        while !is_done.get() {
            latencies.extend(others(bench, running).await?);
        }
        Ok(latencies)
    };
    let (took, busy) = tokio::try_join!(import, meanwhile)?;
    let [idle, busy] = [idle, busy].map(|latencies| figures::percentile(&latencies, 0.99));
    let goal = Goal::AtMost { floor: 3.0, goal: 1.5 };
    let what = format!("P99 of ListCustomers while {rows} rows come in ÷ idle");
    report.add(Figure { id: "import", on: bench.on, what, samples: vec![busy / idle], unit: "×", goal });
    report.tell("import", bench.on, "  rows/s", vec![rows as f64 / took.as_secs_f64()], "/s");
    report.tell("import", bench.on, "  P99 of ListCustomers idle", vec![idle], "ms");
    report.tell("import", bench.on, "  P99 of ListCustomers meanwhile", vec![busy], "ms");
    Ok(())
}

/// Sends a file and waits until each of its rows is a customer.
async fn run(running: &Running, rows: usize) -> Result<Duration> {
    let file = file(rows);
    let create = pb::CreateImportRequest {
        file_name: "large.csv".to_owned(),
        file_size: i64::try_from(file.len())?,
        subject: pb::ImportSubject::Customers.into(),
    };
    let made: pb::CreateImportResponse = ask(running, "/streamflow.client.v1.ImportService/CreateImport", &create).await?;
    let mut import = made.import.unwrap_or_default();
    for piece in file.as_bytes().chunks(PIECE) {
        let chunk =
            pb::UploadImportChunkRequest { import_id: import.id.clone(), offset: import.uploaded_bytes, data: piece.to_vec() };
        let sent: pb::UploadImportChunkResponse =
            ask(running, "/streamflow.client.v1.ImportService/UploadImportChunk", &chunk).await?;
        import = sent.import.unwrap_or_default();
    }
    let mode = pb::ImportMode::Create.into();
    let preview = pb::PreviewImportRequest { import_id: import.id.clone(), mode, ..Default::default() };
    let _: pb::PreviewImportResponse = ask(running, "/streamflow.client.v1.ImportService/PreviewImport", &preview).await?;
    let began = Instant::now();
    let begin = pb::RunImportRequest { import_id: import.id.clone(), skip_problem_rows: false };
    let _: pb::RunImportResponse = ask(running, "/streamflow.client.v1.ImportService/RunImport", &begin).await?;
    loop {
        let get = pb::GetImportRequest { import_id: import.id.clone() };
        let now: pb::GetImportResponse = ask(running, "/streamflow.client.v1.ImportService/GetImport", &get).await?;
        let now = now.import.unwrap_or_default();
        if now.state() == pb::ImportState::Done {
            ensure!(usize::try_from(now.created)? == rows, "{} customers of {rows} rows", now.created);
            return Ok(began.elapsed());
        }
        ensure!(now.state() == pb::ImportState::Running, "the import ended otherwise: {}", now.failure);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn file(rows: usize) -> String {
    (0..rows).fold("external_id,name,email,phone,city\n".to_owned(), |mut text, n| {
        // Writing to a String can't fail.
        let _ = writeln!(text, "L{n:06},Customer number {n},office{n}@example.com,+44 20 7946 {:04},Leeds", n % 10_000);
        text
    })
}

async fn ask<R: Message + Default>(running: &Running, path: &'static str, message: &impl Message) -> Result<R> {
    Ok(R::decode(Call::new(path, message).of_owner(ORG)?.send(&running.channel(0)).await?)?)
}
