"""What is sent or handed out: weekly rankings and reports, built from api.insights."""
