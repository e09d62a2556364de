//! The services that the portals of few people have alike. Each system names its own generated module, so that
//! no system holds another's messages.

/// Implements `SessionService` of `$pb` for `$api`, a struct with a field `desk: Desk`.
#[macro_export]
macro_rules! operator_session_service {
    ($api:ident, $pb:path, $space:literal, $access:path) => {
        use $pb as pb_session;

        #[tonic::async_trait]
        impl pb_session::session_service_server::SessionService for $api {
            async fn sign_in(
                &self,
                request: tonic::Request<pb_session::SignInRequest>,
            ) -> Result<tonic::Response<pb_session::SignInResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let (db, token) = self.desk.sign_in(&ctx, &req.email, &req.password).await?;
                let second_factor = pb_session::SecondFactorState::CodeNeeded.into();
                let token_text = $crate::operator::shown(&token, req.return_token);
                let response = db.commit(pb_session::SignInResponse { second_factor, token: token_text }).await?;
                Ok($crate::operator::with_cookie(&ctx, response, &token)?)
            }

            async fn verify_second_factor(
                &self,
                request: tonic::Request<pb_session::VerifySecondFactorRequest>,
            ) -> Result<tonic::Response<pb_session::VerifySecondFactorResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let (db, token, device) = self.desk.verify_second_factor(&ctx, &req.code).await?;
                let token_text = $crate::operator::shown(&token, req.return_token);
                let mut response = db.commit(pb_session::VerifySecondFactorResponse { token: token_text }).await?;
                $crate::device::set_cookie(response.metadata_mut(), &ctx, &device)?;
                Ok($crate::operator::with_cookie(&ctx, response, &token)?)
            }

            async fn sign_out(
                &self,
                request: tonic::Request<pb_session::SignOutRequest>,
            ) -> Result<tonic::Response<pb_session::SignOutResponse>, tonic::Status> {
                let (ctx, _) = $crate::ctx::Ctx::enter(request)?;
                let principal = ctx.principal()?;
                let db = ctx.system().await?;
                $crate::session::end(&db, principal.session_id, principal.user_id, ctx.now()).await?;
                $crate::operator::support_end::signed_out(&db, &ctx, $access, Some(principal.session_id)).await?;
                let mut response = db.commit(pb_session::SignOutResponse {}).await?;
                ctx.jobs().wake();
                $crate::session::clear_cookie(response.metadata_mut(), &ctx)?;
                Ok(response)
            }

            async fn sign_out_everywhere(
                &self,
                request: tonic::Request<pb_session::SignOutEverywhereRequest>,
            ) -> Result<tonic::Response<pb_session::SignOutEverywhereResponse>, tonic::Status> {
                let (ctx, _) = $crate::ctx::Ctx::enter(request)?;
                let principal = ctx.principal()?;
                let db = ctx.system().await?;
                $crate::device::forget_all(&db, principal.user_id).await?;
                let ended = $crate::session::end_all(&db, principal.user_id, None, ctx.now()).await?;
                let ended = i32::try_from(ended.len()).unwrap_or(i32::MAX);
                $crate::operator::support_end::signed_out(&db, &ctx, $access, None).await?;
                let mut response = db.commit(pb_session::SignOutEverywhereResponse { ended }).await?;
                ctx.jobs().wake();
                $crate::session::clear_cookie(response.metadata_mut(), &ctx)?;
                Ok(response)
            }

            async fn me(
                &self,
                request: tonic::Request<pb_session::MeRequest>,
            ) -> Result<tonic::Response<pb_session::MeResponse>, tonic::Status> {
                let (ctx, _) = $crate::ctx::Ctx::enter(request)?;
                let principal = ctx.principal()?;
                let full = principal.level == $crate::session::Level::Full;
                let mut permissions: Vec<String> = $access
                    .iter()
                    .filter(|access| full && access.roles.contains(&principal.role.as_str()))
                    .map(|access| access.permission.to_owned())
                    .collect();
                permissions.sort_unstable();
                permissions.dedup();
                let second_factor =
                    if full { pb_session::SecondFactorState::Done } else { pb_session::SecondFactorState::CodeNeeded };
                Ok(tonic::Response::new(pb_session::MeResponse {
                    user: Some(streamflow_proto::common::v1::Identity {
                        id: $crate::ids::format($crate::ids::prefix::USER, principal.user_id),
                        org_id: String::new(),
                        tenant_id: String::new(),
                        space: $space.to_owned(),
                        roles: vec![principal.role.clone()],
                        display_name: principal.display_name.clone(),
                        email: principal.email.clone(),
                    }),
                    second_factor: second_factor.into(),
                    permissions,
                }))
            }

            async fn list_sessions(
                &self,
                request: tonic::Request<pb_session::ListSessionsRequest>,
            ) -> Result<tonic::Response<pb_session::ListSessionsResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let list = $crate::list::ListRequest::page(req.page_size, &req.page_token);
                let list = $crate::session::LIST.read(list).map_err($crate::error::Error::from)?;
                let principal = ctx.principal()?;
                let db = ctx.system_read().await?;
                let (sessions, next_page_token) = $crate::session::live(&db, &ctx, principal.user_id, &list).await?;
                let sessions = sessions
                    .into_iter()
                    .map(|live| pb_session::Session {
                        id: $crate::ids::format($crate::ids::prefix::SESSION, live.id),
                        created_at: $crate::clock::timestamp(live.created_at),
                        last_seen_at: $crate::clock::timestamp(live.last_seen_at),
                        expires_at: $crate::clock::timestamp(live.expires_at),
                        ip: live.ip,
                        user_agent: live.user_agent,
                        current: live.id == principal.session_id,
                    })
                    .collect();
                let page = streamflow_proto::common::v1::PageInfo { next_page_token, ..Default::default() };
                Ok(tonic::Response::new(pb_session::ListSessionsResponse { sessions, page: Some(page) }))
            }

            async fn revoke_session(
                &self,
                request: tonic::Request<pb_session::RevokeSessionRequest>,
            ) -> Result<tonic::Response<pb_session::RevokeSessionResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let principal = ctx.principal()?;
                let missing = || $crate::error::Error::not_found("session");
                let id = $crate::ids::parse($crate::ids::prefix::SESSION, &req.session_id).ok_or_else(missing)?;
                let db = ctx.system().await?;
                $crate::session::end(&db, id, principal.user_id, ctx.now()).await?.ok_or_else(missing)?;
                $crate::operator::support_end::signed_out(&db, &ctx, $access, Some(id)).await?;
                let response = db.commit(pb_session::RevokeSessionResponse {}).await?;
                ctx.jobs().wake();
                Ok(response)
            }
        }
    };
}

/// Implements `OverviewService` of `$pb` for `$api`, a struct with a field `started_at`.
#[macro_export]
macro_rules! operator_overview_service {
    ($api:ident, $pb:path) => {
        use $pb as pb_overview;

        #[tonic::async_trait]
        impl pb_overview::overview_service_server::OverviewService for $api {
            async fn get_overview(
                &self,
                request: tonic::Request<pb_overview::GetOverviewRequest>,
            ) -> Result<tonic::Response<pb_overview::GetOverviewResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let overview = $crate::operator::overview::read(&ctx, req.days).await?;
                let figure = |figure: $crate::operator::overview::Figure| {
                    Some(pb_overview::Figure { value: figure.value, before: figure.before })
                };
                Ok(tonic::Response::new(pb_overview::GetOverviewResponse {
                    live_sessions: overview.live_sessions,
                    sign_ins: figure(overview.sign_ins),
                    refused_sign_ins: figure(overview.refused_sign_ins),
                    requests: figure(overview.requests),
                    denials: figure(overview.denials),
                    requests_over_time: overview
                        .points
                        .into_iter()
                        .map(|point| pb_overview::Point {
                            at: $crate::clock::timestamp(point.at),
                            value: point.value,
                            refused: point.refused,
                        })
                        .collect(),
                    health: overview
                        .health
                        .into_iter()
                        .map(|health| pb_overview::HealthCheck {
                            name: health.name.to_owned(),
                            healthy: health.healthy,
                            detail: health.detail,
                        })
                        .collect(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    started_at: $crate::clock::timestamp(self.started_at),
                }))
            }
        }
    };
}

/// Implements `ElevationService` of `$pb` for `$api`, a struct with a field `desk: Desk`.
#[macro_export]
macro_rules! operator_elevation_service {
    ($api:ident, $pb:path, $access:path) => {
        use $pb as pb_elevation;

        #[tonic::async_trait]
        impl pb_elevation::elevation_service_server::ElevationService for $api {
            async fn elevate(
                &self,
                request: tonic::Request<pb_elevation::ElevateRequest>,
            ) -> Result<tonic::Response<pb_elevation::ElevateResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let ask = $crate::operator::elevation::Ask {
                    scopes: req.scopes,
                    minutes: req.minutes,
                    justification: req.justification,
                    password: req.password,
                    code: req.code,
                };
                let (db, elevation) = $crate::operator::elevation::elevate(&self.desk, &ctx, $access, ask).await?;
                let elevation = Some(elevation_into_pb(elevation, &ctx)?);
                Ok(db.commit(pb_elevation::ElevateResponse { elevation }).await?)
            }

            async fn list_elevations(
                &self,
                request: tonic::Request<pb_elevation::ListElevationsRequest>,
            ) -> Result<tonic::Response<pb_elevation::ListElevationsResponse>, tonic::Status> {
                let (ctx, _) = $crate::ctx::Ctx::enter(request)?;
                let own = $crate::operator::elevation::own(&ctx).await?;
                let elevations = own.into_iter().map(|one| elevation_into_pb(one, &ctx)).collect::<Result<_, _>>()?;
                let scopes = $crate::operator::elevation::scopes($access).into_iter().map(str::to_owned).collect();
                Ok(tonic::Response::new(pb_elevation::ListElevationsResponse { elevations, scopes }))
            }

            async fn revoke_elevation(
                &self,
                request: tonic::Request<pb_elevation::RevokeElevationRequest>,
            ) -> Result<tonic::Response<pb_elevation::RevokeElevationResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let db = $crate::operator::elevation::revoke(&ctx, &req.elevation_id).await?;
                let response = db.commit(pb_elevation::RevokeElevationResponse {}).await?;
                ctx.jobs().wake();
                Ok(response)
            }
        }

        fn elevation_into_pb(
            elevation: $crate::operator::elevation::Elevation,
            ctx: &$crate::ctx::Ctx,
        ) -> $crate::error::Result<pb_elevation::Elevation> {
            Ok(pb_elevation::Elevation {
                id: $crate::ids::format($crate::ids::prefix::ELEVATION, elevation.id),
                scopes: elevation.scopes(),
                live: elevation.is_live(ctx.now()),
                current: elevation.session_id == ctx.principal()?.session_id,
                justification: elevation.justification,
                created_at: $crate::clock::timestamp(elevation.created_at),
                expires_at: $crate::clock::timestamp(elevation.expires_at),
                ended_at: elevation.ended_at.and_then($crate::clock::timestamp),
            })
        }
    };
}

/// Implements `SupportSessionService` of `$pb` for `$api`.
#[macro_export]
macro_rules! operator_support_session_service {
    ($api:ident, $pb:path) => {
        use $pb as pb_support;

        #[tonic::async_trait]
        impl pb_support::support_session_service_server::SupportSessionService for $api {
            async fn request_support_session(
                &self,
                request: tonic::Request<pb_support::RequestSupportSessionRequest>,
            ) -> Result<tonic::Response<pb_support::RequestSupportSessionResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let made = $crate::operator::support::request(&ctx, req.tenant_id, req.justification, req.minutes).await?;
                let support_session = Some(support_into_pb(made, &ctx)?);
                Ok(ctx.system().await?.commit(pb_support::RequestSupportSessionResponse { support_session }).await?)
            }

            async fn list_support_sessions(
                &self,
                request: tonic::Request<pb_support::ListSupportSessionsRequest>,
            ) -> Result<tonic::Response<pb_support::ListSupportSessionsResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let found = $crate::operator::support::list(&ctx, req.tenant_id).await?;
                let support_sessions = found.into_iter().map(|one| support_into_pb(one, &ctx)).collect::<Result<_, _>>()?;
                Ok(tonic::Response::new(pb_support::ListSupportSessionsResponse { support_sessions }))
            }

            async fn take_opening(
                &self,
                request: tonic::Request<pb_support::TakeOpeningRequest>,
            ) -> Result<tonic::Response<pb_support::TakeOpeningResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let url = $crate::operator::support::take_opening(&ctx, req.support_session_id).await?;
                Ok(ctx.system().await?.commit(pb_support::TakeOpeningResponse { url }).await?)
            }

            async fn end_support_session(
                &self,
                request: tonic::Request<pb_support::EndSupportSessionRequest>,
            ) -> Result<tonic::Response<pb_support::EndSupportSessionResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let ended = $crate::operator::support::end(&ctx, req.support_session_id).await?;
                let support_session = Some(support_into_pb(ended, &ctx)?);
                Ok(ctx.system().await?.commit(pb_support::EndSupportSessionResponse { support_session }).await?)
            }
        }

        fn support_into_pb(
            support: streamflow_proto::federation::v1::Support,
            ctx: &$crate::ctx::Ctx,
        ) -> $crate::error::Result<pb_support::SupportSession> {
            let own = support.person_id == $crate::operator::support::person_id(ctx)?;
            let state = format!("SUPPORT_SESSION_STATE_{}", support.state);
            Ok(pb_support::SupportSession {
                id: support.id,
                tenant_id: support.tenant_id,
                tenant_name: support.tenant_name,
                person_name: support.person_name,
                justification: support.justification,
                minutes: support.minutes,
                state: pb_support::SupportSessionState::from_str_name(&state).unwrap_or_default().into(),
                requested_at: support.requested_at,
                expires_at: support.expires_at,
                opened_at: support.opened_at,
                ended_at: support.ended_at,
                ended_by: support.ended_by,
                own,
            })
        }
    };
}
