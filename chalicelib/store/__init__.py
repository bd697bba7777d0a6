"""DynamoDB: the only place that imports PynamoDB, and the only place that writes."""
