//! `streamflow.client.v1.TimelineService`.
