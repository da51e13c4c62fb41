"""The dashboards: data, figures and pages apart; reads through dashboard.data only."""
