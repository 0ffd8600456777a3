# The lake in BigQuery: one external table over the log, and the views that everybody else has too.

resource "google_bigquery_dataset" "lake" {
  dataset_id  = replace(var.name, "-", "_")
  location    = var.region
  description = "Newsbeam's lake: stories, their duplicates, what was refused, and every commit."
  labels      = local.labels

  depends_on = [google_project_service.used]
}

# BigQuery reads the bucket as this connection's account, not as whoever asks.
resource "google_bigquery_connection" "lake" {
  connection_id = "${var.name}-lake"
  location      = var.region
  description   = "Reads the lake's bucket."

  cloud_resource {}

  depends_on = [google_project_service.used]
}

resource "google_storage_bucket_iam_member" "bigquery" {
  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${google_bigquery_connection.lake.cloud_resource[0].service_account_id}"
}

# The table can only be made once the lake has its first commit: BigQuery reads the schema off the
# log. Hence two applies, the second with `-var lake_exists=true`.
resource "google_bigquery_table" "lake" {
  count = var.lake_exists ? 1 : 0

  dataset_id          = google_bigquery_dataset.lake.dataset_id
  table_id            = "lake"
  description         = "All rows; ask the views."
  deletion_protection = false # the rows are in the bucket
  labels              = local.labels

  external_data_configuration {
    source_format = "DELTA_LAKE"
    source_uris   = [local.lake]
    connection_id = google_bigquery_connection.lake.name
    autodetect    = true
  }

  depends_on = [google_storage_bucket_iam_member.bigquery]
}

locals {
  # The views are said once, in the program's own file; only the spelling of names differs.
  views_file = file("${path.module}/../../pipelines/lake/views.sql")
  views = {
    for view in regexall("create or replace view (\\w+) as\\s+(select[^;]+);", local.views_file) :
    view[0] => replace(
      replace(view[1], "\"", "`"),
      "from lake", "from `${var.project}.${google_bigquery_dataset.lake.dataset_id}.lake`",
    )
  }
}

resource "google_bigquery_table" "view" {
  for_each = var.lake_exists ? local.views : {}

  dataset_id          = google_bigquery_dataset.lake.dataset_id
  table_id            = each.key
  deletion_protection = false
  labels              = local.labels

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.lake]
}
