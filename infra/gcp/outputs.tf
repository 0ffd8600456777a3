output "topic" {
  description = "Where to publish events."
  value       = google_pubsub_topic.events.id
}

output "subscription" {
  description = "What `newsbeam stream --subscription` takes."
  value       = google_pubsub_subscription.events.id
}

output "lake" {
  description = "Where the lake's copy goes, which BigQuery reads."
  value       = local.lake
}

output "worker" {
  description = "The account that the stream runs as."
  value       = google_service_account.worker.email
}

output "dataset" {
  description = "The data set with the views stories, duplicates, dead_letters and commits."
  value       = google_bigquery_dataset.lake.id
}

output "job" {
  description = "The Dataflow job's id; null without a template."
  value       = one(google_dataflow_flex_template_job.stream[*].job_id)
}
