# The stream as a Dataflow job. Without a template everything else is made, and no job. README.md says
# what such a job needs that Dataflow does not bring.

resource "google_dataflow_flex_template_job" "stream" {
  provider = google-beta
  count    = var.template == null ? 0 : 1

  name                    = "${var.name}-stream"
  region                  = var.region
  container_spec_gcs_path = var.template
  service_account_email   = google_service_account.worker.email
  temp_location           = "gs://${google_storage_bucket.temporary.name}/temp"
  staging_location        = "gs://${google_storage_bucket.temporary.name}/staging"
  sdk_container_image     = var.image
  machine_type            = var.machine_type
  max_workers             = var.max_workers
  enable_streaming_engine = true
  labels                  = local.labels

  # Drained, a job commits what it has read. After a `cancel` seek the subscription to before it:
  # Dataflow has acknowledged what it held, and the lake counts what it already has.
  on_delete = "drain"

  parameters = {
    subscription   = google_pubsub_subscription.events.id
    lake           = var.lake_folder
    window_seconds = tostring(var.window_seconds)
  }

  depends_on = [
    google_project_iam_member.worker,
    google_pubsub_subscription_iam_member.worker,
    google_pubsub_subscription_iam_member.worker_looks,
    google_storage_bucket_iam_member.worker,
  ]
}
