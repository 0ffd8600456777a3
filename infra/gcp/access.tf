# Who may do what: each grant is on one resource, and as small as it can be.

resource "google_service_account" "worker" {
  account_id   = "${var.name}-worker"
  display_name = "Newsbeam's workers"
  description  = "Reads the subscription, writes the lake's copy."
}

# A worker has to be able to take part in a job; there is no smaller grant than the project's.
resource "google_project_iam_member" "worker" {
  project = var.project
  role    = "roles/dataflow.worker"
  member  = google_service_account.worker.member
}

resource "google_pubsub_subscription_iam_member" "worker" {
  subscription = google_pubsub_subscription.events.name
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.worker.member
}

# Dataflow's source asks for the subscription's properties before it reads.
resource "google_pubsub_subscription_iam_member" "worker_looks" {
  subscription = google_pubsub_subscription.events.name
  role         = "roles/pubsub.viewer"
  member       = google_service_account.worker.member
}

# objectUser and not objectAdmin: files, but no say in who may see them.
resource "google_storage_bucket_iam_member" "worker" {
  for_each = {
    lake      = google_storage_bucket.lake.name
    temporary = google_storage_bucket.temporary.name
  }

  bucket = each.value
  role   = "roles/storage.objectUser"
  member = google_service_account.worker.member
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = var.publishers

  topic  = google_pubsub_topic.events.name
  role   = "roles/pubsub.publisher"
  member = each.value
}

resource "google_storage_bucket_iam_member" "reader" {
  for_each = var.readers

  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectViewer"
  member = each.value
}

resource "google_bigquery_dataset_iam_member" "reader" {
  for_each = var.readers

  dataset_id = google_bigquery_dataset.lake.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value
}
