-- What no thermometer shows. Nothing brings it back, so there is no way down.
delete from readings where celsius not between -90 and 60;
