# Events in by Pub/Sub, a stream, a copy of its lake in a bucket, BigQuery to read that.

locals {
  retention = "${var.retention_days * 24 * 60 * 60}s"
  lake      = "gs://${google_storage_bucket.lake.name}/lake"
  labels    = { application = "newsbeam" }
}

resource "google_project_service" "used" {
  for_each = toset(["bigquery", "bigqueryconnection", "dataflow", "pubsub", "storage"])

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

resource "google_pubsub_topic" "events" {
  name                       = "${var.name}-events"
  message_retention_duration = local.retention
  labels                     = local.labels

  depends_on = [google_project_service.used]
}

resource "google_pubsub_subscription" "events" {
  name   = var.name
  topic  = google_pubsub_topic.events.id
  labels = local.labels

  # How long the messages of a killed worker stay away. Leases of messages that wait for their
  # commit are extended, so this needs not be longer than a crash may cost.
  ack_deadline_seconds       = 60
  message_retention_duration = local.retention
  # What was acknowledged can be read again: after `cancel`, or after a restored backup.
  retain_acked_messages = true
  # Messages of one key would wait for each other's commit.
  enable_message_ordering = false
  # Redelivered events are told by the lake; Pub/Sub's own way refuses old ack ids.
  enable_exactly_once_delivery = false

  # There is no dead_letter_policy on purpose. Pub/Sub counts every expired lease as a failed
  # delivery, so a few crashes would take good news away. Bad events are dead letters in the lake,
  # with their reason and bytes.

  expiration_policy {
    ttl = "" # never
  }

  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "60s"
  }
}

resource "google_storage_bucket" "lake" {
  name                        = "${var.project}-${var.name}-lake"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  labels                      = local.labels

  # Of a lake's copy: its log names what is alive, and versions would keep what is removed.
  versioning {
    enabled = false
  }

  soft_delete_policy {
    retention_duration_seconds = 7 * 24 * 60 * 60
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.used]
}

# Dataflow's own files; they are worth nothing once the job is over.
resource "google_storage_bucket" "temporary" {
  name                        = "${var.project}-${var.name}-temporary"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  labels                      = local.labels

  lifecycle_rule {
    condition {
      age = 14
    }
    action {
      type = "Delete"
    }
  }

  depends_on = [google_project_service.used]
}
