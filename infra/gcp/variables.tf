variable "project" {
  description = "The Google Cloud project that everything is made in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "The region of the bucket, the job and the data set; keep them together."
  type        = string
  default     = "europe-west1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is spelt like europe-west1."
  }
}

variable "name" {
  description = "What the topic, subscription, bucket, job and data set are called or begin with."
  type        = string
  default     = "newsbeam"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name has 3 to 21 lower-case letters, digits and hyphens."
  }
}

variable "publishers" {
  description = "Who may publish events, as IAM members (serviceAccount:…, group:…)."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.publishers : can(regex("^(user|group|serviceAccount|principal|principalSet):.+$", member))])
    error_message = "Publishers are IAM members such as serviceAccount:feeds@my-project.iam.gserviceaccount.com; nobody is allUsers."
  }
}

variable "readers" {
  description = "Who may query the data set and read the lake's files, as IAM members."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.readers : can(regex("^(user|group|serviceAccount|principal|principalSet):.+$", member))])
    error_message = "Readers are IAM members such as group:desk@example.com; nobody is allUsers."
  }
}

variable "retention_days" {
  description = "How long Pub/Sub keeps messages, read or not. The lake tells redelivered events for horizon_days, 31 by default: not longer than that."
  type        = number
  default     = 31
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 31
    error_message = "Pub/Sub keeps messages for 1 to 31 days."
  }
}

variable "template" {
  description = "The Flex Template's file, gs://BUCKET/newsbeam.json, as flex_template/README.md makes it; null for everything but the job."
  type        = string
  default     = null

  validation {
    condition     = var.template == null || can(regex("^gs://.+\\.json$", var.template))
    error_message = "The template is a gs:// address that ends in .json."
  }
}

variable "image" {
  description = "The workers' image, which must be the one in the template; with a tag or a digest."
  type        = string
  default     = null

  validation {
    condition     = var.image == null ? var.template == null : can(regex("(:[^:/]+|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "The job needs an image with a tag of its own or a digest, not latest."
  }
}

variable "lake_folder" {
  description = "The lake's folder as the job's workers see it: on a disk that all of them share, at one path. A bucket is none."
  type        = string
  default     = null

  validation {
    condition     = var.lake_folder == null ? var.template == null : can(regex("^/[^/].*$", var.lake_folder))
    error_message = "The job needs the absolute path of a folder that all its workers share."
  }
}

variable "window_seconds" {
  description = "How long arrivals are gathered before a commit."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.window_seconds >= 1 && var.window_seconds <= 600
    error_message = "A window lasts 1 to 600 seconds."
  }
}

variable "machine_type" {
  description = "The workers' machine; the one that commits holds the index, 0.75 KB a story."
  type        = string
  default     = "n2-highmem-2"
  nullable    = false
}

variable "max_workers" {
  description = "How many workers Dataflow may start."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.max_workers >= 1 && floor(var.max_workers) == var.max_workers
    error_message = "At least one worker, and a whole number of them."
  }
}

variable "lake_exists" {
  description = "Whether the lake has its first commit, which BigQuery reads the columns off."
  type        = bool
  default     = false
  nullable    = false
}
