"""The published warehouse as a dbt package: sources with descriptions and tests, and the cookbook as analyses."""
