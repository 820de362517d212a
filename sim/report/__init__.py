"""Reports: tables, figures and pages for people, files for programs. Only this package imports matplotlib."""
