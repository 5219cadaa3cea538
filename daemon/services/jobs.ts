/**
 * The calls about jobs: `GetState`, `Subscribe` and `CancelJob`.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { PEER } from "../../core/wire/control/server.ts";
import {
  type CancelJobRequest,
  type CancelJobResponse,
  CancelJobResponseSchema,
  type GetStateResponse,
  GetStateResponseSchema,
  type SubscribeRequest,
  type SubscribeResponse,
  SubscribeResponseSchema,
} from "../../proto/blit/v2/blit_pb.ts";
import type { Jobs } from "../jobs/jobs.ts";

/** Answers `GetState`. */
export function getState(jobs: Jobs): GetStateResponse {
  return create(GetStateResponseSchema, {
    active: jobs.active.map((job) => job.toMessage()),
    recent: jobs.recent.map((job) => job.toMessage()),
  });
}

/** Answers `Subscribe`. */
export async function* subscribe(
  jobs: Jobs,
  { jobId, afterSequence }: SubscribeRequest,
  { signal }: HandlerContext,
): AsyncGenerator<SubscribeResponse> {
  for await (const event of jobs.find(jobId).follow(afterSequence, signal)) {
    yield create(SubscribeResponseSchema, { event });
  }
}

/** Answers `CancelJob`. */
export function cancelJob(jobs: Jobs, { jobId }: CancelJobRequest, { values }: HandlerContext): CancelJobResponse {
  return create(CancelJobResponseSchema, { job: jobs.cancel(jobId, values.get(PEER).address).toMessage() });
}
